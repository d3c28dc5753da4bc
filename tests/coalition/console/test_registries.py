"""Files of purchases in the console: sending one, following it, and reading what was rejected."""

from __future__ import annotations

import csv
import gzip
import json
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, purchases
from coalition.kernel import jobs
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Conflict
from coalition.ports import StoredFile
from tests.books import a_book
from tests.coalition.purchases.builders import CARD, Shop, a_body
from tests.coalition.purchases.registries.test_sheets import TITLES, a_sheets_row
from tests.coalition.purchases.registries.test_tables import a_definition

NEW = "/console/registries/new"


def a_file(*lines: Any) -> BytesIO:
    return BytesIO(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))


def send(support: FlaskClient, content: BytesIO, partner: str = "freshmart") -> Any:
    form = {"partner": partner, "file": (content, "june.ndjson")}
    return support.post(NEW, data=form, content_type="multipart/form-data")


def test_a_file_is_sent_recorded_and_its_rejected_lines_read(app: Flask, support: FlaskClient, shop: Shop) -> None:
    sent = send(support, a_file(a_body(20_000), b"not json", a_body(10_000, outlet="=HYPERLINK")))
    before = support.get(sent.location).text
    jobs.run_due()

    after = support.get(sent.location).text
    answer = support.get(f"{sent.location}/rejections.csv")
    rows = list(csv.DictReader(StringIO(answer.get_data().decode("utf-8-sig"))))

    assert sent.status_code == 303
    assert 'http-equiv="refresh"' in before
    assert 'http-equiv="refresh"' not in after
    assert "Finished" in after
    assert '<p class="tile-sum num">100</p><p class="muted small">bonuses</p>' in after
    assert [row["Line"] for row in rows] == ["2", "3"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_file_whose_lines_wait_is_not_said_to_be_recorded(app: Flask, support: FlaskClient, shop: Shop) -> None:
    sent = send(support, a_file(a_body(20_000, member={"kind": "card", "value": "4276000077770000"})))
    jobs.run_due()

    text = support.get(sent.location).text

    assert "No line so far was rejected." in text
    assert "Every line so far was recorded." not in text


def test_a_damaged_file_that_was_only_tried_is_not_said_to_be_recorded(
    app: Flask, support: FlaskClient, shop: Shop
) -> None:
    cut = gzip.compress(b"\n".join([json.dumps(a_body(20_000)).encode()] * 100))[:-20]
    form = {"partner": "freshmart", "dry_run": "yes", "file": (BytesIO(cut), "june.ndjson.gz")}
    sent = support.post(NEW, data=form, content_type="multipart/form-data")
    jobs.run_due()

    text = support.get(sent.location).text

    assert "only tried" in text
    assert "ends in the middle or is damaged. Nothing is recorded" in text
    assert "was recorded" not in text


@pytest.mark.parametrize(
    ("partner", "content", "field"),
    [("", a_file(b"{}"), "partner"), ("nobody", a_file(b"{}"), "partner"), ("freshmart", BytesIO(b""), "file")],
)
def test_a_wrong_form_keeps_its_answers_and_says_what_is_wrong(
    support: FlaskClient, shop: Shop, partner: str, content: BytesIO, field: str
) -> None:
    answer = send(support, BytesIO(content.getvalue()), partner)

    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert f'href="#{field}"' in answer.text
    assert (f'value="{partner}" selected' in answer.text) == (partner == "freshmart")


def test_a_form_without_a_file_is_refused(support: FlaskClient, shop: Shop) -> None:
    assert support.post(NEW, data={"partner": "freshmart"}).status_code == 422
    assert transact(lambda: fetch_all("SELECT 1 FROM registry")) == []


def test_a_file_larger_than_a_page_may_usually_be_is_taken(support: FlaskClient, shop: Shop) -> None:
    assert send(support, a_file(*[b"x" * 1000] * 3000)).status_code == 303


def test_the_list_is_filtered_by_state_and_partner(support: FlaskClient, shop: Shop) -> None:
    sent = send(support, a_file(a_body(20_000)))
    number = sent.location.rsplit("/", 1)[1]

    pages = {
        query: support.get(f"/console/registries?{query}").text
        for query in ("", "state=waiting", "state=failed", "partner=freshmart", "partner=coral", "state=nonsense")
    }

    assert [query for query, text in pages.items() if number in text] == [
        "",
        "state=waiting",
        "partner=freshmart",
        "state=nonsense",
    ]
    assert "Show all" in pages["state=failed"]


def test_a_file_that_broke_off_is_explained_in_words(app: Flask, support: FlaskClient, shop: Shop) -> None:
    sent = send(support, BytesIO(b"\x1f\x8b\x08\x00broken"))
    jobs.run_due()

    text = support.get(sent.location, headers={"Accept-Language": "ru"}).text

    assert "обрывается" in text


def test_without_files_the_list_invites_to_send_one(support: FlaskClient, shop: Shop) -> None:
    assert "No files yet" in support.get("/console/registries").text


def test_another_number_is_not_found(support: FlaskClient, shop: Shop) -> None:
    for path in ("reg_0000000000zzz", "x", "reg_0000000000zzz/rejections.csv"):
        assert support.get(f"/console/registries/{path}").status_code == 404


def test_a_table_is_read_by_the_layout_of_its_partner(support: FlaskClient, shop: Shop) -> None:
    layout = {
        "columns": {"external_id": ["No"], "occurred_at": ["When"], "amount": ["Sum"], "member": ["Card"]},
        "fixed": {"outlet": "S1", "currency": "EUR", "member_kind": "card"},
    }
    transact(lambda: purchases.save_mapping(shop.partner.id, "tills", layout))
    table = BytesIO(f"No,When,Sum,Card\r\nT-1,2026-11-20T09:30:00Z,200.00,{CARD}\r\n".encode())
    form = {"partner": "freshmart", "mapping": "freshmart/tills", "file": (table, "june.csv")}

    sent = support.post(NEW, data=form, content_type="multipart/form-data")
    jobs.run_due()

    assert "freshmart/tills" in support.get(NEW).text
    assert sent.status_code == 303
    assert shop.available() == 100


def test_a_workbook_is_read_by_the_layout_of_its_partner(support: FlaskClient, shop: Shop) -> None:
    transact(lambda: purchases.save_mapping(shop.partner.id, "tills", a_definition()))
    book = BytesIO(a_book(TITLES, a_sheets_row("A", 200, card=CARD)))
    form = {"partner": "freshmart", "mapping": "freshmart/tills", "file": (book, "june.xlsx")}

    sent = support.post(NEW, data=form, content_type="multipart/form-data")
    jobs.run_due()

    assert (sent.status_code, shop.available()) == (303, 100)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_workbook_with_a_password_is_explained_in_words(support: FlaskClient, shop: Shop, language: str) -> None:
    locked = b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le")

    sent = send(support, BytesIO(locked))
    jobs.run_due()

    text = support.get(sent.location, headers={"Accept-Language": language}).text
    assert {"en": "Save it without one", "ru": "без пароля"}[language] in text


def test_another_partners_layout_is_refused(support: FlaskClient, shop: Shop) -> None:
    form = {"partner": "coral", "mapping": "freshmart/tills", "file": (a_file(b"x"), "june.csv")}

    answer = support.post(NEW, data=form, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert 'href="#mapping"' in answer.text


def test_a_file_that_is_only_tried_leaves_nothing_but_counts(support: FlaskClient, shop: Shop) -> None:
    form = {"partner": "freshmart", "dry_run": "yes", "file": (a_file(a_body(20_000)), "june.ndjson")}

    sent = support.post(NEW, data=form, content_type="multipart/form-data")
    jobs.run_due()

    assert "only tried" in support.get(sent.location).text
    assert shop.available() == 0


def test_a_file_that_was_tried_is_recorded_by_one_press(support: FlaskClient, shop: Shop) -> None:
    form = {"partner": "freshmart", "dry_run": "yes", "file": (a_file(a_body(20_000)), "june.ndjson")}
    tried = support.post(NEW, data=form, content_type="multipart/form-data").location
    jobs.run_due()

    recorded = support.post(f"{tried}/record")
    jobs.run_due()

    assert recorded.status_code == 303 and f'href="{recorded.location}"' in support.get(tried).text
    assert shop.available() == 100


def test_no_file_is_taken_in_the_name_of_a_suspended_partner(app: Flask, support: FlaskClient, shop: Shop) -> None:
    where = {"kind": "s3", "name": "Tills", "bucket": "tills", "every_s": 60}
    source = transact(lambda: purchases.define_source(shop.program.id, shop.partner.id, "tills", **where))
    transact(lambda: purchases.fetch_now(source.id))
    transact(lambda: access.suspend_partner(shop.partner.id, "Does not pay"))

    sent = send(support, a_file(a_body(20_000)))
    stored = StoredFile("registries/x", 1, "0" * 64)
    with pytest.raises(Conflict) as refused:
        transact(lambda: purchases.open_registry(shop.program.id, shop.partner.id, stored))
    claimed = transact(purchases.claim_source)
    transact(lambda: access.resume_partner(shop.partner.id))

    assert sent.status_code == 422 and "This partner is suspended" in sent.text
    assert refused.value.code == "partner_suspended"
    assert claimed is None and transact(purchases.claim_source) is not None
    assert fetch_all("SELECT FROM registry") == []
    assert send(support, a_file(a_body(20_000))).status_code == 303
