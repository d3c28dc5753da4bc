"""The pages of reports: the same figures on the page, in the CSV and in the workbook, for every report and table."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook

from coalition import access
from coalition.kernel import jobs
from coalition.kernel.db import fetch_one, transact
from settlement import reports
from settlement.console import report_pages
from settlement.console.report_words import word
from tests.settlement.builders import Coalition

PASSWORD = "correct horse battery"
WINDOW = "program=coral&since=2026-01&until=2026-03&on=2026-03-31"


@pytest.fixture
def finance(live: Flask, example: Coalition) -> FlaskClient:
    transact(lambda: access.create_user("finance@coral.test", PASSWORD, ["finance"], "staff"))
    client = live.test_client()
    client.post("/login", data={"email": "finance@coral.test", "password": PASSWORD})
    return client


def number(text: str) -> Decimal | None:
    """What a cell of a page says, if it is a number; a percentage as a fraction."""
    plain = text.replace(",", "").replace("\u2212", "-").strip()
    try:
        return Decimal(plain[:-1]) / 100 if plain.endswith("%") else Decimal(plain)
    except InvalidOperation:
        return None


def numbers(row: Iterable[Any]) -> list[Decimal]:
    """The numbers of a row, whatever it was written in."""
    found = [Decimal(repr(cell)) if isinstance(cell, int | float) else number(str(cell)) for cell in row]
    return [cell for cell in found if cell is not None]


def page_tables(answer: Any) -> dict[str, list[list[str]]]:
    heads = html.fromstring(answer.get_data(as_text=True)).xpath("//h2[starts-with(@id, 'table-')]")
    return {
        head.get("id").removeprefix("table-"): [
            [cell.text_content() for cell in row.xpath("./*")] for row in head.xpath("../..//tbody/tr")
        ]
        for head in heads
    }


def csv_rows(answer: Any) -> list[list[str]]:
    text = answer.get_data().decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"))))[1:]


def book_rows(book: Any, sheet: str, count: int) -> list[list[Any]]:
    """The last rows of a sheet, `count` of them, above its total."""
    rows = [list(row) for row in book[sheet].iter_rows(values_only=True)]
    rows = rows[:-1] if rows[-1][0] == "Total" else rows
    return rows[len(rows) - count :]


def test_page_csv_and_workbook_show_the_same_to_the_cent(finance: FlaskClient) -> None:
    for code in reports.KINDS:
        shown = page_tables(finance.get(f"/console/reports/{code}?{WINDOW}"))
        file = finance.get(f"/console/reports/{code}.xlsx?{WINDOW}")
        book = load_workbook(BytesIO(file.get_data()), data_only=True)
        assert shown, code
        for table, rows in shown.items():
            lines = csv_rows(finance.get(f"/console/reports/{code}.csv?{WINDOW}&table={table}"))

            on_page, in_csv = [numbers(row) for row in rows], [numbers(row) for row in lines]
            in_book = [numbers(row) for row in book_rows(book, word(table)[:31], len(lines))]

            assert on_page == in_csv == in_book, (code, table)


def test_a_slow_report_is_asked_for_and_downloaded(finance: FlaskClient) -> None:
    asked = finance.post(
        "/console/reports/deferred/file", data={"format": "xlsx", "program": "coral", "until": "2026-03"}
    )
    jobs.run_due()

    listed = finance.get("/console/reports/files").get_data(as_text=True)
    number_ = transact(lambda: fetch_one("SELECT id FROM report_job")).id
    file = finance.get(f"/console/reports/files/{number_}")

    assert asked.status_code == 303 and "Download" in listed
    assert file.headers["Content-Length"] == str(len(file.get_data()))
    assert "Roll-forward" in load_workbook(BytesIO(file.get_data())).sheetnames
    assert finance.post(f"/console/reports/files/{number_}/cancel").status_code == 303
    assert finance.get("/console/reports/files/999").status_code == 404


def test_estimates_and_policy_are_set_on_their_page(finance: FlaskClient, example: Coalition) -> None:
    wrong = finance.post("/console/reports/settings/estimate", data={"program": "coral", "share": "120", "note": "x",
                                                                      "starts_on": "2026-01-01"})  # fmt: skip
    right = finance.post("/console/reports/settings/estimate", data={"program": "coral", "share": "80,5", "note": "x",
                                                                      "starts_on": "2026-01-01"})  # fmt: skip
    policy = finance.post("/console/reports/settings/policy", data={"program": "coral", "role": "agent",
                          "service": "over_life", "life_months": "24", "account_payable": "2190"})  # fmt: skip

    assert (wrong.status_code, right.status_code, policy.status_code) == (422, 303, 303)
    assert "80.5%" in finance.get("/console/reports/settings").get_data(as_text=True)
    held = transact(lambda: reports.policy(example.program.id))
    assert (held.role, held.service, held.life_months, held.accounts["payable"]) == ("agent", "over_life", 24, "2190")


def test_what_is_asked_wrongly_is_said_and_others_do_not_get_in(live: Flask, finance: FlaskClient) -> None:
    assert finance.get("/console/reports/liability?on=yesterday").status_code == 422
    assert finance.get("/console/reports/nothing").status_code == 404
    assert finance.get("/console/reports/liability?program=none").status_code == 404
    assert finance.get("/console/reports/liability.csv?table=none").status_code == 404
    assert live.test_client().get("/console/reports").status_code == 303


def test_who_waits_too_long_is_told_to_ask_for_a_file(finance: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_pages, "PATIENCE_MS", 1)

    page = finance.get(f"/console/reports/breakage?{WINDOW}")
    table = finance.get(f"/console/reports/breakage.csv?{WINDOW}")

    assert page.status_code == 200 and "takes longer than one waits" in page.get_data(as_text=True)
    assert table.status_code == 503


def test_every_page_speaks_both_languages(finance: FlaskClient) -> None:
    for language in ("en", "ru"):
        finance.set_cookie("language", language)
        for path in ("", "/files", "/settings", *(f"/{code}?{WINDOW}" for code in reports.KINDS)):
            assert finance.get(f"/console/reports{path}").status_code == 200, path
