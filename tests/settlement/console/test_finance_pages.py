"""Finance's overview and list of statements: the same figures everywhere, and as many queries for many as for few."""

from __future__ import annotations

import csv
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import transact
from settlement import statements
from settlement.statements import Sought
from tests.counting import statements as counted
from tests.settlement.builders import Coalition, on_issue

MAY = dt.date(2026, 5, 5)
PASSWORD = "correct horse battery"
PAGES = ("/console/finance/", "/console/finance/statements", "/console/settlement/coral/2026-05")


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition("coral")
    for name in ("A", "B"):
        coalition.join(name, on_issue("0.01", redeemer_rate=Decimal("0.009"), vat_rate=Decimal("0.21")))
    coalition.issue(10_000, MAY, {"A": 60, "B": 40})
    coalition.redeem(9000, MAY, "B")
    return coalition


@pytest.fixture
def finance(live: Flask, coalition: Coalition) -> FlaskClient:
    transact(lambda: access.create_user("finance@coral.test", PASSWORD, ["finance"], "staff"))
    client = live.test_client()
    client.post("/login", data={"email": "finance@coral.test", "password": PASSWORD})
    return client


def close(coalition: Coalition) -> None:
    coalition.accrue()
    coalition.close("2026-05")


def listed(finance: FlaskClient, query: str = "") -> list[dict[str, str]]:
    text = finance.get(f"/console/finance/statements.csv{query}").get_data().decode("utf-8")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


def test_the_list_is_the_same_on_the_page_in_the_csv_and_in_the_workbook(
    finance: FlaskClient, coalition: Coalition
) -> None:
    close(coalition)

    page = finance.get("/console/finance/statements").text
    rows = listed(finance)
    book = load_workbook(BytesIO(finance.get("/console/finance/statements.xlsx").get_data()), data_only=True)

    stored = transact(lambda: statements.find(Sought(coalition.program.id), None, 10)).items
    assert [row["number"] for row in rows] == [one.number for one in stored]
    assert all(one.number in page for one in stored) and "CORAL" not in "".join(row["number"] for row in rows)
    [sheet] = book.worksheets
    *lines, total = sheet.iter_rows(min_row=2, values_only=True)
    assert [Decimal(str(line[5])) for line in lines] == [Decimal(row["position"]) for row in rows]
    assert Decimal(str(total[5])) == sum(Decimal(row["position"]) for row in rows)


def test_a_periods_workbook_is_its_csv(finance: FlaskClient, coalition: Coalition) -> None:
    close(coalition)
    text = finance.get("/console/settlement/coral/2026-05.csv").get_data().decode("utf-8")
    rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))

    book = load_workbook(BytesIO(finance.get("/console/settlement/coral/2026-05.xlsx").get_data()), data_only=True)

    *lines, total = book["2026-05"].iter_rows(min_row=4, values_only=True)
    assert [Decimal(str(line[9])) for line in lines] == [Decimal(row["position"]) for row in rows]
    assert Decimal(str(total[9])) == 0


def test_filters_stand_in_the_address(finance: FlaskClient, coalition: Coalition) -> None:
    close(coalition)
    number = next(row["number"] for row in listed(finance) if row["company"].startswith("A"))

    finance.post(f"/console/finance/statements/{listed(finance)[0]['statement']}/send")

    assert len(listed(finance, "?state=sent")) == 1 and len(listed(finance, "?state=draft")) == 1
    assert [row["number"] for row in listed(finance, "?direction=pays")] == [number]
    assert listed(finance, "?period=2026-04") == [] == listed(finance, "?state=lost")
    for query in ("?state=paid", "?period=2026-05&direction=pays", "?entity=none"):
        assert finance.get(f"/console/finance/statements{query}").status_code == 200


def test_the_overview_says_what_is_owed_and_nets_it(finance: FlaskClient, coalition: Coalition) -> None:
    assert finance.get("/console/finance/").status_code == 200
    close(coalition)
    for row in listed(finance):
        finance.post(f"/console/finance/statements/{row['statement']}/send")

    page = finance.get("/console/finance/").text

    assert "€72.60" in page and "€49.61" in page  # A pays 60.00, B receives 81.00 less 40.00; VAT on each
    assert "€219.01" in page and "€122.21" in page  # all documents, and what is left of them when netted


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_renders(finance: FlaskClient, coalition: Coalition, language: str) -> None:
    finance.set_cookie("language", language)
    assert [finance.get(page).status_code for page in PAGES[:2]] == [200, 200]
    close(coalition)

    assert [finance.get(page).status_code for page in PAGES] == [200, 200, 200]


def test_many_statements_take_as_many_queries_as_few(finance: FlaskClient, coalition: Coalition) -> None:
    close(coalition)
    few = {page: _queries(finance, page) for page in PAGES}
    for at in range(6):
        coalition.join(f"X{at}", on_issue("0.01", redeemer_rate=Decimal("0.009")))
        coalition.issue(1000, dt.date(2026, 6, 5), {f"X{at}": 1}, member=at + 10)
        coalition.redeem(500, dt.date(2026, 6, 5), f"X{at}", member=at + 10)
    coalition.accrue()
    coalition.close("2026-06")

    many = {page: _queries(finance, page) for page in (*PAGES[:2], "/console/settlement/coral/2026-06")}

    assert list(many.values()) == list(few.values())


def test_files_are_sent_outside_of_every_context_that_a_test_keeps(
    live: Flask, finance: FlaskClient, coalition: Coalition
) -> None:
    close(coalition)
    one = listed(finance)[0]["statement"]
    whole = (f"/console/statements/{one}{end}" for end in (".csv", "/documents.csv", ".pdf", ".xlsx"))

    for path in (*whole, "/console/finance/statements.csv", "/console/finance/statements.xlsx"):
        assert _outside(live, finance, path).startswith((b"\xef\xbb\xbf", b"%PDF", b"PK")), path


def test_nobody_but_finance_gets_in(live: Flask, finance: FlaskClient, coalition: Coalition) -> None:
    transact(lambda: access.create_user("shop@coral.test", PASSWORD, ["catalog"], "staff"))
    client = live.test_client()
    client.post("/login", data={"email": "shop@coral.test", "password": PASSWORD})

    for page in ("/console/finance/", "/console/finance/statements", "/console/finance/statements.xlsx"):
        assert client.get(page).status_code == 403
    assert client.post(f"/console/finance/statements/{ids.public('stm', 1)}/send").status_code == 403


def _queries(finance: FlaskClient, page: str) -> int:
    """How many questions a page asks when what is kept for a second need not be looked up."""
    return min(_asked(finance, page) for _ in range(3))


def _asked(finance: FlaskClient, page: str) -> int:
    with counted() as sent:
        assert finance.get(page).status_code == 200
    return len(sent)


def _outside(live: Flask, finance: FlaskClient, path: str) -> bytes:
    """What a server would send: in a thread of its own there is no application context but the request's."""
    cookie = finance.get_cookie("session")
    assert cookie is not None
    with ThreadPoolExecutor(1) as thread:

        def fetch() -> bytes:
            client = live.test_client()
            client.set_cookie("session", cookie.value)
            return bytes(client.get(path).get_data())

        return thread.submit(fetch).result()
