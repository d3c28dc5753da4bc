"""One statement, four ways to have it: page, PDF, workbook and CSV say to the cent what is stored, in two languages."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import defaultdict
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from pypdf import PdfReader

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.money import round_half_up
from settlement import accruals, statements
from settlement.console import exports, statement_book
from settlement.statements import Document, Statement
from settlement.terms import Prices
from tests.settlement.builders import Coalition, on_issue

MAY = dt.date(2026, 5, 5)
PASSWORD = "correct horse battery"
EVERY = ("A", "B", "S", "")


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition("coral")
    vat = Decimal("0.21")
    coalition.join("A", on_issue("0.010007", "0.0005", vat_rate=vat))
    coalition.join("B", on_issue("0.01", redeemer_rate=Decimal("0.009"), vat_rate=vat))
    coalition.join("S", Prices(vat_rate=vat))
    for at in range(5):
        coalition.issue(10_001 + at, MAY + dt.timedelta(days=at), {"A": 60, "B": 40}, member=at + 1)
        coalition.redeem(3001, MAY + dt.timedelta(days=at), "B", member=at + 1)
    coalition.redeem(500, MAY)
    coalition.deliver("S", MAY, 520, 80)
    coalition.take_back("S", MAY, 20)
    coalition.accrue()
    coalition.close("2026-05")
    return coalition


@pytest.fixture
def finance(live: Flask, coalition: Coalition) -> FlaskClient:
    transact(lambda: access.create_user("finance@coral.test", PASSWORD, ["finance"], "staff"))
    client = live.test_client()
    client.post("/login", data={"email": "finance@coral.test", "password": PASSWORD})
    return client


def stored(coalition: Coalition, name: str) -> Statement:
    entity = coalition.entities.get(name, coalition.operator.id)
    period = transact(lambda: accruals.find_period(coalition.program.id, "2026-05"))
    return next(one for one in transact(lambda: statements.of_period(period)) if one.legal_entity_id == entity)


def path(statement: Statement, end: str = "") -> str:
    return f"/console/statements/{ids.public('stm', statement.id)}{end}"


def stored_nets(statement: Statement) -> list[int]:
    """The signed nets of the stored lines, straight from the tables."""
    rows = transact(
        lambda: fetch_all(
            "SELECT d.sign * l.net_minor AS net FROM statement_document d"
            " JOIN statement_line l ON l.document_id = coalesce(d.mirrors_id, d.id) WHERE d.statement_id = :id",
            {"id": statement.id},
        )
    )
    return sorted(row.net for row in rows)


def stored_documents(statement: Statement) -> list[Document]:
    return transact(lambda: statements.documents([statement.id]))[statement.id]


def minor(text: str) -> int:
    return int(Decimal(re.sub(r"[^\d.+\-]", "", text.replace("\u2212", "-").replace("+", ""))).scaleb(2))


def rows(answer: Any) -> list[dict[str, str]]:
    text = answer.get_data().decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


def test_all_four_are_what_is_stored(finance: FlaskClient, coalition: Coalition) -> None:
    for name in EVERY:
        statement = stored(coalition, name)
        nets, documents = stored_nets(statement), stored_documents(statement)
        _the_csv_agrees(rows(finance.get(path(statement, "/documents.csv"))), statement, nets)
        _the_workbook_agrees(finance.get(path(statement, ".xlsx?lang=en")).get_data(), statement, nets)
        _the_page_agrees(finance.get(path(statement)).text, statement, documents)
        for language in ("en", "ru"):
            answer = finance.get(path(statement, f".pdf?lang={language}"))
            _the_pdf_agrees(answer.get_data(), language, statement, documents)
            assert answer.headers["Content-Disposition"].endswith(f'-{language}.pdf"')


def test_the_entries_add_up_to_the_lines_in_the_csv_and_in_the_workbook(
    finance: FlaskClient, coalition: Coalition
) -> None:
    for statement in (stored(coalition, name) for name in ("A", "B", "S")):
        found = rows(finance.get(path(statement, ".csv")))
        book = load_workbook(BytesIO(finance.get(path(statement, ".xlsx?lang=en")).get_data()), data_only=True)
        table = list(book["Entries"].iter_rows(min_row=2, values_only=True))

        assert sorted(_rounded(found)) == stored_nets(statement)
        assert [float(row["amount"]) for row in found] == [float(str(row[8])) for row in table[:-1]]
        whole = sum(Decimal(row["amount"]) for row in found)
        assert Decimal(str(table[-1][8])).quantize(whole) == whole


def test_a_statement_is_the_same_file_every_time(finance: FlaskClient, coalition: Coalition) -> None:
    statement = stored(coalition, "A")

    for end in (".pdf?lang=ru", ".xlsx?lang=ru", ".csv", "/documents.csv"):
        assert finance.get(path(statement, end)).get_data() == finance.get(path(statement, end)).get_data()


def test_what_a_workbook_cannot_hold_stays_in_the_csv(
    finance: FlaskClient, coalition: Coalition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_book, "MAX_ROWS", 5)
    monkeypatch.setattr(exports, "_CHUNK", 2)
    statement = stored(coalition, "A")

    book = load_workbook(BytesIO(finance.get(path(statement, ".xlsx?lang=en")).get_data()), data_only=True)

    assert book.sheetnames == ["Statement"]
    assert book["Statement"]["A7"].value == "The lines are in the CSV of this statement."
    assert len(rows(finance.get(path(statement, ".csv")))) > 5


def test_files_are_finances_alone(live: Flask, coalition: Coalition) -> None:
    statement = stored(coalition, "A")

    for end in (".pdf", ".xlsx", ".csv", "/documents.csv"):
        assert live.test_client().get(path(statement, end)).status_code == 303


def _the_csv_agrees(found: list[dict[str, str]], statement: Statement, nets: list[int]) -> None:
    assert sorted(minor(row["net"]) for row in found) == nets
    assert sum(minor(row["total"]) for row in found) == statement.position_minor


def _the_workbook_agrees(file: bytes, statement: Statement, nets: list[int]) -> None:
    sheet = load_workbook(BytesIO(file), data_only=True)["Statement"]
    formulas = load_workbook(BytesIO(file))["Statement"]
    *lines, total = sheet.iter_rows(min_row=9, values_only=True)
    assert sorted(round(float(str(row[6])) * 100) for row in lines) == nets
    assert (total[0], round(float(str(total[9])) * 100)) == ("Position", statement.position_minor)
    assert formulas.cell(sheet.max_row, 10).value == f"=SUM(J9:J{sheet.max_row - 1})"
    assert formulas.cell(9, 7).data_type == "n" and formulas.cell(4, 2).is_date


def _the_pdf_agrees(file: bytes, language: str, statement: Statement, documents: list[Document]) -> None:
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(file)).pages)
    point = "," if language == "ru" else "."
    printed = re.findall(rf"(?<![\d{point}])[+\u2212]?€?\d+[{point}]\d\d(?![\d{point}])", text)
    figures = {minor(one.replace(",", ".")) for one in printed}
    assert statement.position_minor in figures
    for document in documents:
        assert {document.net_minor, document.vat_minor, document.gross_minor} <= figures
        assert {line.net_minor for line in document.lines} <= figures
    assert ("Страница 1 из" if language == "ru" else "Page 1 of") in text


def _the_page_agrees(page: str, statement: Statement, documents: list[Document]) -> None:
    shown = [minor(found.replace(",", "")) for found in re.findall(r'data-label="Net">([^<]+)<', page)]
    lines = [line.net_minor for document in documents for line in document.lines]
    assert sorted(shown) == sorted(lines + [document.net_minor for document in documents])
    [position] = re.findall(r'class="position num">([^<]+)<', page)
    assert minor(position.replace(",", "")) == statement.position_minor


def _rounded(found: list[dict[str, str]]) -> list[int]:
    """The entries of a CSV summed up by charge and price, rounded once, as a document line is."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in found:
        sums[(row["charge"], row["unit_price"] if row["kind"] != "supply" else "")] += Decimal(row["amount"])
    return [int(round_half_up(amount, 2).scaleb(2)) for amount in sums.values()]
