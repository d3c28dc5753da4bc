"""Finance's pages for the bank: a statement in, a file out, money decided by hand; nobody else gets in."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import transact
from settlement import payouts
from settlement.payouts import Run, bank
from tests.integrations.bank.camt import Entry, Transfer, camt
from tests.settlement.builders import Coalition, send
from tests.settlement.payouts.bank.builders import content, ref, standing, tell
from tests.settlement.payouts.builders import PASSWORD, as_owner, of

_people = iter(range(10_000))


@pytest.fixture
def client(house: Flask, run: Run) -> FlaskClient:
    return signed_in(house, "finance")


def signed_in(house: Flask, role: str) -> FlaskClient:
    email = f"{role}{next(_people)}@bank.test"
    transact(lambda: access.create_user(email, PASSWORD, [role], "staff"))
    client = house.test_client()
    client.post("/login", data={"email": email, "password": PASSWORD})
    return client


def upload(client: FlaskClient, data: bytes) -> tuple[int, str]:
    answer = client.post("/console/bank/statements", data={"file": (BytesIO(data), "camt.xml")})
    return answer.status_code, answer.headers.get("Location", "") or answer.text


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_shows_what_there_is(coalition: Coalition, run: Run, client: FlaskClient, language: str) -> None:
    client.set_cookie("language", language)
    assert client.get("/console/bank").status_code == 200
    tell(
        Entry("12.10", transfers=[Transfer(ref(coalition, run, "A"), party="Ёлка")]),
        Entry("-0.55", transfers=[Transfer(remark="fee", party="Bank")]),
        Entry("2.70", transfers=[Transfer(party="?", reason="AC04")]),
    )
    [fee, _] = transact(lambda: bank.waiting(coalition.program.id))
    transact(lambda: bank.set_aside(fee.id, "the bank's fee"))
    [head] = transact(lambda: bank.statements(coalition.program.id))

    page = client.get("/console/bank")
    assert page.status_code == 200
    assert "AC04" in page.text
    assert client.get(f"/console/bank/statements/{head.key}").status_code == 200
    assert client.get(f"/console/bank/statements/{head.key}?after=x").status_code == 200
    assert client.get("/console/bank/aging").status_code == 200
    assert client.get("/console/bank/aging?on=2030-01-01").status_code == 200


def test_a_statement_comes_in_once(coalition: Coalition, run: Run, client: FlaskClient) -> None:
    data = camt([Entry("12.10", transfers=[Transfer(ref(coalition, run, "A"))])])

    first, again = upload(client, data), upload(client, data)

    assert first[0] == again[0] == 303
    assert "statement_taken" in first[1]
    assert "statement_known" in again[1]
    assert standing(of(coalition, run, "A")) == ("settled", 1210)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Choose a file"),
        (b"<a/>", "no camt.053"),
        (b"<!DOCTYPE a><a/>", "document type"),
        (camt([Entry("1.00")], closing="5.00"), "closing balance"),
        (camt([Entry("1.00")], iban="LV97HABA0012345678910"), "not the operator"),
    ],
)
def test_a_bad_file_is_said_on_the_page(client: FlaskClient, data: bytes, words: str) -> None:
    status, text = upload(client, data)

    assert status == 422
    assert words in text


def test_the_file_of_a_run_is_written_and_downloaded(coalition: Coalition, run: Run, client: FlaskClient) -> None:
    page = client.get("/console/bank").text
    path = f"/console/bank/runs/{ids.public('run', run.id)}/file"
    assert path in page

    assert client.post(path).status_code == 303
    assert client.post(path).status_code == 303

    [file] = transact(lambda: bank.files(coalition.program.id))
    answer = client.get(f"/console/bank/files/{file.key}.xml")
    assert answer.data == content(file)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file.message_id}.xml"'
    assert path not in client.get("/console/bank").text


def test_money_is_assigned_set_aside_and_taken_back(coalition: Coalition, run: Run, client: FlaskClient) -> None:
    tell(Entry("1.21"), Entry("-0.55"))
    one, fee = transact(lambda: bank.waiting(coalition.program.id))
    base, mine = "/console/bank/receipts", of(coalition, run, "C")

    assert client.post(f"{base}/{one.id}/assign", data={}).status_code == 422
    assert client.post(f"{base}/{fee.id}/aside", data={"note": " "}).status_code == 422
    assert client.post(f"{base}/{one.id}/assign", data={"payment": "pmt_1"}).status_code == 404
    assert client.post(f"{base}/{fee.id}/assign", data={"payment": mine.ref}).status_code == 409
    assert client.post(f"{base}/{one.id}/assign", data={"payment": mine.ref}).status_code == 303
    assert standing(mine) == ("settled", 121)
    assert client.post(f"{base}/{fee.id}/aside", data={"note": "fee"}).status_code == 303
    assert client.post(f"{base}/{one.id}/undo").status_code == 303

    assert standing(mine) == ("accepted", 0)
    assert [found.id for found in transact(lambda: payouts.unmatched(coalition.program.id))] == [one.id]


def test_what_is_overdue_stands_on_the_overview_of_finance(coalition: Coalition, run: Run, client: FlaskClient) -> None:
    overview = "/console/finance/"
    assert "overdue" not in client.get(overview).text

    as_owner("UPDATE payout_payment SET due_on = current_date - 40 WHERE state = 'accepted'")
    page = client.get(overview).text

    assert "€13.31 overdue" in page and "€9.96 overdue" in page  # A and C owe, B and S are owed
    assert "/console/bank/aging?program=" in page


def test_the_aging_as_csv_has_the_figures_of_the_page(coalition: Coalition, run: Run, client: FlaskClient) -> None:
    answer = client.get("/console/bank/aging.csv?on=2030-01-01")

    rows = list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))
    found = {row["code"]: (row["direction"], row["over_90"], row["total"]) for row in rows}
    assert found == {
        "A": ("receivable", "12.10", "12.10"),
        "B": ("payable", "2.70", "2.70"),
        "C": ("receivable", "1.21", "1.21"),
        "S": ("payable", "7.26", "7.26"),
    }


def test_invoices_are_issued_and_downloaded(coalition: Coalition, run: Run, client: FlaskClient) -> None:
    number = of(coalition, run, "A").statement_id
    path = f"/console/statements/{ids.public('stm', number)}/invoices"
    send(number)
    assert client.get(path).status_code == 200

    assert client.post(path).status_code == 303

    page = client.get(path).text
    [href] = {part.split('"')[0] for part in page.split('href="') if part.startswith(f"{path}/")}
    assert client.get(href).data.startswith(b"<?xml")
    assert client.get(f"{path}/NONE-2026-000001.xml").status_code == 404


def test_only_finance_gets_in(house: Flask, run: Run) -> None:
    client = signed_in(house, "catalog")

    for path in ("/console/bank", "/console/bank/aging", "/console/bank/aging.csv"):
        assert client.get(path).status_code == 403
        assert house.test_client().get(path).status_code == 303
    assert client.post("/console/bank/statements", data={}).status_code == 403


def test_the_commands_do_the_same(house: Flask, coalition: Coalition, run: Run, tmp_path: Path) -> None:
    runner = house.test_cli_runner()
    file = tmp_path / "camt.xml"
    file.write_bytes(camt([Entry("12.10", transfers=[Transfer(ref(coalition, run, "A"))])]))

    first = runner.invoke(args=["settlement", "import-bank-statement", str(file), "--json"])
    again = runner.invoke(args=["settlement", "import-bank-statement", str(file)])
    orders = runner.invoke(args=["settlement", "bank-file", ids.public("run", run.id), "--json"])
    file.write_bytes(b"<a/>")
    bad = runner.invoke(args=["settlement", "import-bank-statement", str(file)])

    assert json.loads(first.output)["matched"] == 1
    assert "taken in before" in again.output
    assert [one["orders"] for one in json.loads(orders.output)["files"]] == [2]
    assert bad.exit_code == 1
    assert "bank_file_unknown" in bad.output
