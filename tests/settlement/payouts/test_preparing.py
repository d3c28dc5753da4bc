"""A period is paid by one run; what is disputed stays out and is picked up later; nothing is taken twice."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict
from settlement import payouts, statements
from tests.racing import at_once
from tests.settlement.builders import Coalition
from tests.settlement.payouts.builders import PERIOD, Cashier, Finance, as_actor, of, states, work_off


def test_a_second_run_of_a_period_is_refused(coalition: Coalition) -> None:
    transact(lambda: payouts.prepare(coalition.program.id, PERIOD))

    with pytest.raises(Conflict, match="run_exists"):
        transact(lambda: payouts.prepare(coalition.program.id, PERIOD))
    with pytest.raises(Conflict, match="run_unfinished"):
        transact(lambda: payouts.prepare(coalition.program.id, PERIOD, supplementary=True))


def test_of_eight_first_runs_at_once_one_is_made(house: Flask, coalition: Coalition) -> None:
    def one() -> str:
        try:
            return transact(lambda: payouts.prepare(coalition.program.id, PERIOD)).state
        except Conflict as conflict:
            return conflict.code

    assert sorted(at_once(house, [one] * 8)) == ["recorded"] + ["run_exists"] * 7


def test_a_run_takes_what_each_statement_comes_to(coalition: Coalition) -> None:
    run = transact(lambda: payouts.prepare(coalition.program.id, PERIOD))

    assert states(run) == {
        "A": ("recorded", -1210, 0),
        "B": ("recorded", 270, 0),
        "C": ("recorded", -121, 0),
        "S": ("recorded", 726, 0),
    }


def test_an_open_period_is_not_paid(coalition: Coalition) -> None:
    with pytest.raises(Conflict, match="period_open"):
        transact(lambda: payouts.prepare(coalition.program.id, "2026-06"))


def test_a_disputed_statement_stays_out_and_a_later_run_takes_it(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    _mark(coalition, "C", "disputed")
    first = finance.committed(coalition)
    work_off()
    with pytest.raises(Conflict, match="nothing_to_pay"):
        transact(lambda: payouts.prepare(coalition.program.id, PERIOD, supplementary=True))

    _mark(coalition, "C", "agreed")
    second = finance.committed(coalition, supplementary=True)
    work_off()

    assert set(states(first)) == {"A", "B", "S"}
    assert second.no == 2
    assert states(second) == {"C": ("accepted", -121, 0)}
    assert len(cashier.book) == 4
    with pytest.raises(Conflict, match="nothing_to_pay"):
        transact(lambda: payouts.prepare(coalition.program.id, PERIOD, supplementary=True))


def test_what_is_disputed_between_the_two_phases_stops_the_run(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    run = finance.reserved(coalition)
    _mark(coalition, "A", "disputed")

    with pytest.raises(Conflict, match="statement_disputed"):
        as_actor(finance.second, lambda: payouts.commit(run.id, run.content_hash or b""))

    transact(lambda: payouts.abort(run.id, "disputed"))
    rest = finance.committed(coalition)
    work_off()
    assert set(states(rest)) == {"B", "C", "S"}
    assert of(coalition, rest, "B").ref in cashier.book


def _mark(coalition: Coalition, name: str, state: str) -> None:
    def work() -> None:
        [own] = statements.of_entities([coalition.entities[name]], period=PERIOD, after=None, limit=1)
        if own.state == "draft":
            statements.send(own.id, "test")
        statements.mark(own.id, state, "test")

    transact(work)
