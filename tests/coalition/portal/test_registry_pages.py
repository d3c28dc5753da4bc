"""A partner tries and sends its own files, follows them, reads what was rejected, and sees nobody else's."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from coalition import purchases
from coalition.kernel import ids, jobs
from coalition.kernel.db import fetch_all, transact
from tests.books import a_book
from tests.coalition.portal.conftest import Sign
from tests.coalition.purchases.builders import CARD, Shop, a_body
from tests.coalition.purchases.registries.test_sheets import TITLES, a_sheets_row
from tests.coalition.purchases.registries.test_tables import a_definition
from tests.screens import agreeing

LIST, NEW, LAYOUT = "/portal/registries", "/portal/registries/new", "/portal/registries/layouts/new"
TABLE = f"No,When,Sum,Card\r\nT-1,2026-11-20T09:30:00Z,200.00,{CARD}\r\n".encode()
COLUMNS = {"column-external_id": "No", "column-occurred_at": "When", "column-amount": "Sum", "column-member": "Card"}
FIXED = {"fixed-outlet": "S1", "fixed-currency": "EUR", "fixed-member_kind": "card"}
FORM = {"name": "tills", "delimiter": "comma", "encoding": "utf-8", "decimal": ".", "date_format": "iso"}
FORM |= {"zone": "UTC", "grouping": "row", "header": "yes", **COLUMNS, **FIXED}


def lines(*given: Any) -> bytes:
    return b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in given)


def send(client: FlaskClient, content: bytes, name: str = "june.ndjson", **answers: str) -> Any:
    form = {"file": (BytesIO(content), name), **answers}
    return client.post(NEW, data=form, content_type="multipart/form-data")


def try_out(client: FlaskClient, content: bytes, name: str = "june.ndjson", **answers: str) -> str:
    """The address of the file that is sent only to be tried, when that is done."""
    sent = send(client, content, name, dry_run="yes", **answers)
    assert sent.status_code == 303, sent.text
    jobs.run_due()
    return str(sent.location)


@pytest.mark.parametrize(("language", "words"), [("en", "Nothing is recorded yet"), ("ru", "Пока ничего не записано")])
def test_a_file_is_tried_and_then_recorded_by_one_press(
    manager: FlaskClient, shop: Shop, language: str, words: str
) -> None:
    manager.set_cookie("language", language)
    tried = try_out(manager, lines(a_body(20_000), b"not json", a_body(10_000, outlet="S9")))
    before, points = manager.get(tried).text, shop.available()

    recorded, again = manager.post(f"{tried}/record"), manager.post(f"{tried}/record")
    jobs.run_due()
    after, page = manager.get(tried).text, manager.get(recorded.location).text

    assert words in before and f'action="{tried}/record"' in before and points == 0
    assert (recorded.status_code, again.location, shop.available()) == (303, recorded.location, 100)
    assert words not in after and f'href="{recorded.location}"' in after and f"{tried}/record" not in after
    assert {"en": "This is not valid JSON", "ru": "Строка — не JSON"}[language] in page
    assert [row.dry_run for row in fetch_all("SELECT dry_run FROM registry ORDER BY id")] == [True, False]


def test_only_a_file_that_was_tried_to_its_end_is_recorded_so(manager: FlaskClient, shop: Shop) -> None:
    recorded = send(manager, lines(a_body(20_000))).location
    tried = send(manager, lines(a_body(20_000)), dry_run="yes").location

    early, never = manager.post(f"{tried}/record"), manager.post(f"{recorded}/record")

    assert (early.status_code, never.status_code) == (409, 409)
    assert len(fetch_all("SELECT FROM registry")) == 2


def test_a_page_renews_itself_until_its_file_is_read(manager: FlaskClient, shop: Shop) -> None:
    sent = send(manager, lines(a_body(20_000))).location
    waiting = [manager.get(path).text for path in (sent, LIST)]
    jobs.run_due()
    done = [manager.get(path).text for path in (sent, LIST)]

    assert all('http-equiv="refresh"' in text for text in waiting)
    assert not any('http-equiv="refresh"' in text for text in done)
    assert shop.available() == 100


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_rejected_lines_leave_as_a_file(reader: FlaskClient, manager: FlaskClient, shop: Shop, form: str) -> None:
    tried = try_out(manager, lines(b"not json", a_body(10_000, outlet="=HYPERLINK")))

    answer = reader.get(f"{tried}/rejections.{form}")

    if form == "xlsx":
        sheet = load_workbook(BytesIO(answer.data)).active
        rows = [[cell.value for cell in line] for line in sheet.iter_rows(values_only=False)]
    else:
        rows = list(csv.reader(StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0] == ["Line", "Field", "What is wrong", "Code", "In the words of the API"]
    assert [(str(row[0]), row[3]) for row in rows[1:]] == [("1", "not_json"), ("2", "unknown_outlet")]
    assert not [cell for row in rows for cell in row if str(cell).startswith("=")]


def test_the_lists_agree_with_their_files(app: Flask, manager: FlaskClient, shop: Shop) -> None:
    tried = try_out(manager, lines(a_body(20_000), *[b"not json"] * 60))

    assert agreeing(app, manager, "portal.registries") == 1
    assert agreeing(app, manager, "portal.registry", registry=tried.rsplit("/", 1)[1]) == 60


def test_a_layout_is_described_chosen_and_read_by(manager: FlaskClient, shop: Shop) -> None:
    saved = manager.post(LAYOUT, data=FORM)
    form, begun = manager.get(saved.location).text, manager.get(f"{LAYOUT}?layout=tills").text
    tried = try_out(manager, TABLE, "june.csv", mapping="tills")
    manager.post(f"{tried}/record")
    jobs.run_due()

    assert saved.status_code == 303 and '<option value="tills" selected>' in form
    assert 'value="When"' in begun and "tills (version 1)" in begun
    assert shop.available() == 100


def test_a_workbook_is_read_by_a_layout(manager: FlaskClient, shop: Shop) -> None:
    transact(lambda: purchases.save_mapping(shop.partner.id, "tills", a_definition()))

    send(manager, a_book(TITLES, a_sheets_row("A", 200, card=CARD)), "june.xlsx", mapping="tills")
    jobs.run_due()

    assert shop.available() == 100


@pytest.mark.parametrize(
    ("content", "name", "answers", "field"),
    [
        (b"", "june.ndjson", {}, "file"),
        (b"x", "", {}, "file"),
        (TABLE, "june.csv", {}, "mapping"),
        (b"x", "june.csv", {"mapping": "nobodys"}, "mapping"),
    ],
)
def test_a_wrong_form_says_what_is_wrong(
    manager: FlaskClient, shop: Shop, content: bytes, name: str, answers: dict[str, str], field: str
) -> None:
    answer = send(manager, content, name, **answers)

    assert answer.status_code == 422
    assert "<title>Error: " in answer.text and f'href="#{field}"' in answer.text
    assert fetch_all("SELECT FROM registry") == []


def test_a_layout_that_cannot_be_used_is_refused(manager: FlaskClient, shop: Shop) -> None:
    answers = [manager.post(LAYOUT, data=FORM | wrong) for wrong in ({"name": "My"}, {"column-amount": ""})]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert 'href="#name"' in answers[0].text and 'href="#column-amount"' in answers[1].text


def test_another_partner_s_files_and_layouts_are_nobody_s(
    manager: FlaskClient, sign_in: Sign, shop: Shop, twin: Shop
) -> None:
    transact(lambda: purchases.save_mapping(twin.partner.id, "theirs", a_definition()))
    theirs = try_out(sign_in(twin.partner, "partner_admin"), lines(b"zq-canary"))

    paths = (theirs, f"{theirs}/rejections.csv", f"{theirs}/rejections.xlsx")
    statuses = [manager.get(path).status_code for path in paths]
    pressed = manager.post(f"{theirs}/record")
    told = manager.get(LIST).text + manager.get(NEW).text + manager.get(f"{LAYOUT}?layout=theirs").text
    sent = send(manager, TABLE, "june.csv", mapping="theirs")

    assert statuses == [404, 404, 404] and pressed.status_code == 404
    assert "theirs (version" not in told and theirs.rsplit("/", 1)[1] not in told
    assert sent.status_code == 422


def test_who_only_reads_follows_files_and_sends_none(reader: FlaskClient, manager: FlaskClient, shop: Shop) -> None:
    empty = reader.get(LIST).text
    tried = try_out(manager, lines(a_body(20_000)))

    page, listed = reader.get(tried).text, reader.get(LIST).text

    assert "No files yet" in empty
    assert ids.public("reg", fetch_all("SELECT id FROM registry")[0].id) in page
    assert "/record" not in page and NEW not in listed + empty
    assert [reader.get(NEW).status_code, send(reader, b"x").status_code] == [403, 403]
    assert reader.post(f"{tried}/record").status_code == 403
    assert "None of your files" in reader.get(f"{LIST}?state=failed").text
