"""Killed anywhere, a payment run pays once: the provider's book and ours agree whatever point a process died at.

A child does the whole run, from recording to the last answer of the provider, and dies by SIGKILL at the n-th crash
point that it comes to; then the run is gone on with. `make test` tries some of these deaths, `make campaign` each.
"""

from __future__ import annotations

import os
import signal
from typing import NoReturn

import pytest

from coalition.kernel import crash
from coalition.kernel.db import db, transact
from integrations.payments.payouts import StripePayouts
from settlement import accruals, payouts
from settlement.payouts import Run
from tests.integrations.payments.standin import StandIn
from tests.settlement.builders import Coalition, broken_laws
from tests.settlement.payouts.builders import PERIOD, Finance, as_actor, as_owner, look_again, states, work_off

pytestmark = pytest.mark.processes
ALL = os.environ.get("PAYOUT_DEATHS") == "all"
STRIDE = 1 if ALL else 31
FIRST = 1 if ALL else 13
MANY = 400


def test_killed_at_any_point_a_run_pays_each_statement_once(
    coalition: Coalition, finance: Finance, stripe: StripePayouts, standin: StandIn
) -> None:
    deaths = 0
    for number in range(FIRST, MANY, STRIDE):
        died = _work_and_die(coalition, finance, number)
        run = _go_on(coalition, finance)
        work_off(4)
        _everybody_pays(standin, run)
        _agrees(standin, run)
        if not died:
            break
        deaths += 1
        _forget()
    else:
        pytest.fail("a run has more points to die at than were tried")

    assert deaths >= 2


def _work_and_die(coalition: Coalition, finance: Finance, number: int) -> bool:
    """Let a child do the run and die at the n-th point; whether it came so far."""
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        _child(coalition, finance, number)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def _child(coalition: Coalition, finance: Finance, number: int) -> NoReturn:
    left = [number]

    def die_at_last(_: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    crash.point = die_at_last
    try:
        _go_on(coalition, finance)
        work_off(3)
    finally:
        os._exit(0)


def _go_on(coalition: Coalition, finance: Finance) -> Run:
    """Record, reserve and commit the run, from wherever it stands."""
    period = transact(lambda: _period(coalition))
    known = transact(lambda: payouts.runs_of(period))
    if not known:
        run = as_actor(finance.first, lambda: payouts.prepare(coalition.program.id, PERIOD))
    else:
        run = known[0]
    run = as_actor(finance.first, lambda: payouts.reserve(run.id, ["stripe"])) if run.state == "recorded" else run
    seen = run.content_hash or b""
    return as_actor(finance.second, lambda: payouts.commit(run.id, seen)) if run.state == "reserved" else run


def _everybody_pays(standin: StandIn, run: Run) -> None:
    book = standin.book()
    refs = {payment.ref for payment in transact(lambda: payouts.payments(run.id))}
    for invoice in book["invoices"]:
        if invoice["metadata"]["ref"] in refs and invoice["status"] == "open":
            standin.control(f"pay-invoice/{invoice['id']}")
    for payout in book["payouts"]:
        if payout["metadata"]["ref"] in refs:
            standin.control(f"payout/{payout['id']}")
    look_again()


def _agrees(standin: StandIn, run: Run) -> None:
    assert {state for state, *_ in states(run).values()} == {"settled"}
    assert transact(lambda: payouts.get(run.id)).state == "settled"
    book = standin.book()
    for payment in transact(lambda: payouts.payments(run.id)):
        kinds = ("invoices",) if payment.direction == "in" else ("transfers", "payouts")
        for kind in kinds:
            [theirs] = [one for one in book[kind] if one["metadata"].get("ref") == payment.ref]
            assert theirs["total" if kind == "invoices" else "amount"] == payment.amount_minor == payment.paid_minor
    assert broken_laws() == {}


def _period(coalition: Coalition) -> int:
    return accruals.find_period(coalition.program.id, PERIOD).id


def _forget() -> None:
    """The next run of the period is made anew, under references that the stand-in has not seen."""
    as_owner(
        "DELETE FROM payout_receipt; DELETE FROM payout_change; DELETE FROM payout_request;"
        " DELETE FROM payout_payment; DELETE FROM payout_run; DELETE FROM job; DELETE FROM outbox;"
        " DELETE FROM statement_event WHERE state = 'paid'"
    )
