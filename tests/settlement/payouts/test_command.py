"""`flask settlement pay`: reserved by the person who is named, committed by another."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from coalition import access
from coalition.kernel.db import fetch_one, transact
from coalition.kernel.errors import Forbidden
from settlement import payouts
from tests.settlement.builders import Coalition
from tests.settlement.payouts.builders import PERIOD, Cashier, Finance, as_actor


def email_of(actor: str) -> str:
    return transact(lambda: access.names([actor]))[actor]


def test_the_command_records_and_reserves_once(
    house: Flask, coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    run, who = house.test_cli_runner(), ["--as", email_of(finance.first)]

    first = run.invoke(args=["settlement", "pay", "coral", PERIOD, "--json", *who])
    second = run.invoke(args=["settlement", "pay", "coral", PERIOD, *who])
    nowhere = run.invoke(args=["settlement", "pay", "coral", "2001-01", *who])

    facts = json.loads(first.stdout)
    assert first.exit_code == 0 and facts["state"] == "reserved"
    assert sorted((one["direction"], one["amount"]) for one in facts["payments"]) == [
        ("in", "1.21"),
        ("in", "12.10"),
        ("out", "2.70"),
        ("out", "7.26"),
    ]
    assert (second.exit_code, nowhere.exit_code) == (1, 1)
    assert "run_exists" in second.stderr and "period_not_found" in nowhere.stderr
    row = transact(lambda: fetch_one("SELECT count(*) AS n FROM payout_run"))
    assert row is not None and row.n == 1
    assert cashier.keys == []


def test_who_reserved_by_the_command_does_not_commit_in_the_console(
    house: Flask, coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    who = email_of(finance.first).upper()
    house.test_cli_runner().invoke(args=["settlement", "pay", "coral", PERIOD, "--as", who])
    row = transact(lambda: fetch_one("SELECT id, reserved_by, recorded_by, content_hash FROM payout_run"))
    assert row is not None
    assert row.reserved_by == row.recorded_by == finance.first

    with pytest.raises(Forbidden, match="self_approval"):
        as_actor(finance.first, lambda: payouts.commit(row.id, bytes(row.content_hash)))
    assert as_actor(finance.second, lambda: payouts.commit(row.id, bytes(row.content_hash))).state == "committed"


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_nobody_but_a_living_person_of_finance_is_acted_as(
    house: Flask, coalition: Coalition, finance: Finance, cashier: Cashier, role: str
) -> None:
    run, gone = house.test_cli_runner(), finance.hire("finance")
    transact(lambda: access.switch_person(int(gone.partition(":")[2]), False))

    for email in (email_of(finance.hire(role)), email_of(gone), "nobody@coral.test", finance.first, "cli"):
        answer = run.invoke(args=["settlement", "pay", "coral", PERIOD, "--as", email])
        assert (answer.exit_code, answer.stderr.partition(":")[2].strip()[:14]) == (1, "not_of_finance"), email
    assert run.invoke(args=["settlement", "pay", "coral", PERIOD]).exit_code == 2
    row = transact(lambda: fetch_one("SELECT count(*) AS n FROM payout_run"))
    assert row is not None and row.n == 0
