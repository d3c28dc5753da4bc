"""Finance's pages for payments: a run from its recording to its commit by two people, receipts, accounts."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import fetch_one, transact
from settlement import payouts
from settlement.payouts import Moved
from settlement.ports import Rejected
from tests.settlement.builders import Coalition
from tests.settlement.payouts.builders import MAY, PASSWORD, PERIOD, Cashier, Finance, of, states, work_off

INDEX = "/console/payouts"


def sign_in(house: Flask, actor: str) -> FlaskClient:
    client = house.test_client()
    email = transact(lambda: access.names([actor]))[actor]
    assert client.post("/login", data={"email": email, "password": PASSWORD}).status_code < 400
    return client


@pytest.fixture
def first(house: Flask, finance: Finance) -> FlaskClient:
    return sign_in(house, finance.first)


@pytest.fixture
def second(house: Flask, finance: Finance) -> FlaskClient:
    return sign_in(house, finance.second)


def to(client: FlaskClient, answer: object) -> str:
    """Where a form has led, rendered."""
    assert answer.status_code == 303, answer.text  # type: ignore[attr-defined]
    return client.get(answer.headers["Location"]).text  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_run_is_recorded_reserved_and_committed_by_another(
    coalition: Coalition, cashier: Cashier, first: FlaskClient, second: FlaskClient, language: str
) -> None:
    for client in (first, second):
        client.set_cookie("language", language)
    assert PERIOD in first.get(INDEX).text

    page = to(first, first.post(INDEX, data={"period": PERIOD}))
    path = _path()
    assert first.post(INDEX, data={"period": PERIOD}).status_code == 409
    to(first, first.post(f"{path}/reserve"))
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', second.get(path).text)
    assert seen and "seen" not in first.get(path).text
    assert first.post(f"{path}/commit", data={"seen": seen[1]}).status_code == 403
    to(second, second.post(f"{path}/commit", data={"seen": seen[1]}))
    work_off()

    page = second.get(path).text
    assert "ext1" in page and "settle:" not in page
    assert first.post(f"{path}/abort", data={"reason": "late"}).status_code == 409
    assert first.get(INDEX).status_code == 200


def test_a_run_is_aborted_with_a_reason(coalition: Coalition, cashier: Cashier, first: FlaskClient) -> None:
    to(first, first.post(INDEX, data={"period": PERIOD}))

    assert first.post(f"{_path()}/abort").status_code == 422
    to(first, first.post(f"{_path()}/abort", data={"reason": "too early"}))

    assert PERIOD in first.get(INDEX).text


def test_what_was_refused_is_asked_for_again_from_the_page(
    coalition: Coalition, finance: Finance, cashier: Cashier, first: FlaskClient
) -> None:
    cashier.next = [Rejected("account_closed")] * 4
    run = finance.committed(coalition)
    work_off()
    page = first.get(_path()).text
    assert "account_closed" in page

    to(first, first.post(f"{INDEX}/payments/{of(coalition, run, 'B').ref}/retry"))
    to(first, first.post(f"{INDEX}/payments/{of(coalition, run, 'A').ref}/drop"))
    work_off()

    assert (states(run)["A"][0], states(run)["B"][0]) == ("dropped", "accepted")


def test_money_that_nobody_has_explained_is_matched(
    coalition: Coalition, finance: Finance, cashier: Cashier, first: FlaskClient
) -> None:
    run = finance.committed(coalition)
    work_off()
    moved = Moved(1210, "EUR", "in", "r1", "camt", MAY, payer="Fresh SIA")
    found = transact(lambda: payouts.record_receipt(None, moved, program_id=coalition.program.id))
    assert "Fresh SIA" in first.get(INDEX).text

    path = f"{INDEX}/receipts/{found.id}/match"
    assert first.post(path, data={"payment": ""}).status_code == 422
    to(first, first.post(path, data={"payment": of(coalition, run, "A").ref}))

    assert states(run)["A"] == ("settled", -1210, 1210)
    assert first.post(path, data={"payment": of(coalition, run, "C").ref}).status_code == 409


def test_an_account_is_changed_by_two_people(
    coalition: Coalition, finance: Finance, first: FlaskClient, second: FlaskClient
) -> None:
    entity = ids.public("ent", coalition.entities["B"])
    form = {"kind": "iban", "holder": "B SIA", "currency": "EUR", "iban": "LV80BANK0000435195001", "reason": "a letter"}
    assert first.get(f"{INDEX}/accounts/{entity}").status_code == 200
    assert first.post(f"{INDEX}/accounts/{entity}", data=form | {"iban": "LV80"}).status_code == 422

    page = to(first, first.post(f"{INDEX}/accounts/{entity}", data=form))
    assert "LV80BANK0000435195001" in page and 'name="seen"' not in page
    page = second.get(f"{INDEX}/accounts").text
    seen = re.search(r'action="([^"]+/approve)[^"]*".*?name="seen" value="([0-9a-f]{64})"', page, re.DOTALL)
    assert seen
    assert first.post(seen[1], data={"seen": seen[2]}).status_code == 403
    assert second.post(seen[1], data={"seen": "00" * 32}).status_code == 409
    to(second, second.post(seen[1], data={"seen": seen[2]}))

    now = transact(lambda: payouts.current([coalition.entities["B"]]))[coalition.entities["B"]]
    assert now[0].iban == "LV80BANK0000435195001"


def test_only_finance_gets_in(house: Flask, finance: Finance) -> None:
    stranger = sign_in(house, finance.hire("support"))

    for path in (INDEX, f"{INDEX}/accounts", f"{INDEX}/runs/run_0000000000001"):
        assert stranger.get(path).status_code == 403
    assert stranger.post(INDEX, data={"period": PERIOD}).status_code == 403


def test_what_does_not_exist_is_not_found(first: FlaskClient) -> None:
    for path in (f"{INDEX}/runs/run_0000000000zzz", f"{INDEX}/runs/x", f"{INDEX}/accounts/ent_0000000000zzz"):
        assert first.get(path).status_code == 404


def _path() -> str:
    row = transact(lambda: fetch_one("SELECT max(id) AS id FROM payout_run"))
    return f"{INDEX}/runs/{ids.public('run', row.id)}"  # type: ignore[union-attr]


def test_older_runs_are_a_page_further(
    coalition: Coalition, first: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("settlement.console.payout_view._RUNS", 1)
    given_up = transact(lambda: payouts.prepare(coalition.program.id, PERIOD))
    transact(lambda: payouts.abort(given_up.id, "a wrong account"))
    latest = transact(lambda: payouts.prepare(coalition.program.id, PERIOD))

    pages = [first.get(INDEX).text]
    older = re.search(r'href="(/console/payouts\?before=[^"]+)"', pages[0])
    pages.append(first.get(older[1]).text if older else "")

    assert [[ids.public("run", run.id) in page for run in (latest, given_up)] for page in pages] == [
        [True, False],
        [False, True],
    ]
    assert 'href="/console/payouts?before=' not in pages[1]
