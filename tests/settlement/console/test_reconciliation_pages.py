"""Finance's pages of reconciliations and disputes: a file is sent, differences are read, disputed, decided, printed."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from coalition import access
from coalition.kernel import ids, jobs
from coalition.kernel.db import fetch_one, transact
from settlement import reconciliation, statements
from tests.settlement.builders import broken_laws, count_rows
from tests.settlement.reconciliation.builders import Till, a_till, lines

PASSWORD = "correct horse battery"
FILE = lines({"external_id": "R1", "amount": 1000}, {"external_id": "R2", "amount": 1999}, {"external_id": "=1+1"})


@pytest.fixture
def till(live: Flask) -> Till:
    till = a_till()
    for number in (1, 2, 3):
        till.sell(f"R{number}", 1000 * number, day="2026-10-20")
    till.accrue()
    transact(lambda: statements.close(till.shop.program.id, "2026-10", patience_s=60))
    return till


@pytest.fixture
def finance(live: Flask, till: Till) -> FlaskClient:
    transact(lambda: access.create_user("finance@coral.test", PASSWORD, ["finance"], "staff"))
    client = live.test_client()
    client.post("/login", data={"email": "finance@coral.test", "password": PASSWORD})
    return client


def sent(finance: FlaskClient, till: Till, **more: Any) -> Any:
    form = {
        "partner": f"{till.shop.program.code}/wool",
        "period": "2026-10",
        "mapping": "",
        "file": (BytesIO(FILE.encode()), "october.ndjson"),
        **more,
    }
    return finance.post("/console/reconciliation", data=form, content_type="multipart/form-data")


def test_a_file_is_sent_and_its_differences_are_shown_and_kept(finance: FlaskClient, till: Till) -> None:
    answer = sent(finance, till)
    jobs.run_due(20)

    assert answer.status_code == 303
    path = answer.location
    page = finance.get(path).text
    assert "Another amount" in page and "R3" in page and "Missing in their file" in page
    assert "R3" not in finance.get(f"{path}?kind=amount").text
    rows = list(csv.DictReader(StringIO(finance.get(f"{path}.csv").get_data().decode().removeprefix("\ufeff"))))
    assert {(row["external_id"], row["kind"]) for row in rows} == {
        ("R2", "amount"),
        ("R3", "missing_there"),
        ("'=1+1", "missing_here"),
    }
    book = openpyxl.load_workbook(BytesIO(finance.get(f"{path}.xlsx").get_data()))
    assert [sheet.max_row for sheet in book.worksheets] == [2 + 1 + 4, 1 + 3 + 1]
    assert "october.ndjson" in finance.get("/console/reconciliation?of=wool").text


def test_the_form_says_what_is_missing_and_takes_nothing(finance: FlaskClient, till: Till) -> None:
    answers = [
        sent(finance, till, partner=""),
        sent(finance, till, period=""),
        sent(finance, till, period="someday"),
        sent(finance, till, file=(BytesIO(b""), "")),
        sent(finance, till, file=(BytesIO(b""), "empty.csv")),
        sent(finance, till, mapping="other/layout"),
    ]

    assert [answer.status_code for answer in answers] == [422] * 6
    assert all("Error:" in answer.text for answer in answers)
    assert count_rows("reconciliation") == 0


def test_a_difference_becomes_a_dispute_that_is_talked_about_and_decided(finance: FlaskClient, till: Till) -> None:
    at = till.send(FILE, period="2026-10")
    page = transact(lambda: reconciliation.differences(at.id, None, 10, kind="missing_there"))
    statement = transact(lambda: statements.of_entities([till.entity_id], period=None, after=None, limit=1))[0]
    transact(lambda: statements.send(statement.id, "user:1"))
    path = f"/console/reconciliation/{ids.public('rcn', at.id)}/differences/{page.items[0].id}"
    form = {
        "statement": ids.public("stm", statement.id),
        "amount": "0.10",
        "favour": "partner",
        "evidence": "Their slip.",
    }

    assert "Their slip" not in finance.get(path).text
    assert finance.post(path, data={**form, "amount": "x"}).status_code == 422
    assert finance.post(path, data={**form, "amount": "9999"}).status_code == 409
    opened = finance.post(path, data=form)

    assert opened.status_code == 303
    assert transact(lambda: statements.get(statement.id)).state == "disputed"
    assert "Their slip." in finance.get(opened.location).text
    assert finance.post(f"{opened.location}/comments", data={"comment": "Look again."}).status_code == 303
    assert finance.post(opened.location, data={"outcome": "partly", "granted": "", "text": "x"}).status_code == 422
    decided = finance.post(opened.location, data={"outcome": "partly", "granted": "0.04", "text": "A part is right."})
    assert decided.status_code == 303
    shown = finance.get(opened.location).text
    assert "Look again." in shown and "waits for a second person" in shown
    assert transact(lambda: statements.get(statement.id)).state == "agreed"
    asked = transact(lambda: fetch_one("SELECT payload FROM approval WHERE kind = 'settlement.adjust'")).payload
    assert (asked["amount_minor"], asked["reason_code"]) == (4, "dispute")
    for state in ("", "partly", "overdue", "nonsense"):
        assert finance.get(f"/console/disputes?state={state}").status_code == 200
    assert broken_laws() == {}


def test_the_act_of_reconciliation_adds_up_and_is_printed_in_both_languages(finance: FlaskClient, till: Till) -> None:
    at = till.send(FILE, period="2026-10")
    path = f"/console/acts/{till.entity_id}/2026-10"
    run = f"run={ids.public('rcn', at.id)}"

    page = finance.get(f"{path}?{run}").text
    texts = {}
    for language in ("en", "ru"):
        answer = finance.get(f"{path}.pdf?{run}&lang={language}")
        texts[language] = "\n".join(one.extract_text() for one in PdfReader(BytesIO(answer.get_data())).pages)

    # 30 points at 0.01 and 21 %.
    assert "0.36" in page and "Opening balance" in page and "Missing in their file" in page
    assert "Closing balance" in texts["en"] and "0.36" in texts["en"] and "Wool SIA" in texts["en"]
    assert "Сальдо конечное" in texts["ru"] and "0,36" in texts["ru"] and "Нет в файле партнёра" in texts["ru"]
    later = transact(lambda: reconciliation.acts(till.entity_id, *_november()))
    assert [(act.opening_minor, act.lines, act.closing_minor) for act in later] == [(-36, (), -36)]
    assert finance.get(f"/console/acts/{till.entity_id}/soon").status_code in (404, 422)


def test_payments_are_in_the_act(till: Till) -> None:
    paid = [
        reconciliation.Paid(_november()[0], "bank 1", "EUR", 30),
        reconciliation.Paid(_november()[0], "x", "USD", 5),
    ]

    [act] = transact(lambda: reconciliation.acts(till.entity_id, *_november(), paid))

    assert [(line.kind, line.position_minor) for line in act.lines] == [("paid_in", 30)]
    assert (act.opening_minor, act.owes_minor, act.owed_minor, act.closing_minor) == (-36, 0, 30, -6)


@pytest.mark.parametrize("path", ["/console/reconciliation", "/console/disputes", "/console/acts/1/2026-10"])
def test_nobody_but_finance_gets_in(live: Flask, till: Till, path: str) -> None:
    transact(lambda: access.create_user("help@coral.test", PASSWORD, ["support"], "staff"))
    client = live.test_client()
    assert client.get(path).status_code in (302, 303)

    client.post("/login", data={"email": "help@coral.test", "password": PASSWORD})

    assert client.get(path).status_code == 403


def _november() -> tuple[Any, Any]:
    from settlement import accruals

    return accruals.days_of("2026-11")
