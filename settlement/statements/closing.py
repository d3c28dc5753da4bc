"""Closing a period: accrue to the watermark, seal the period, and write one statement for each legal entity.

All of it is one transaction that holds the program's watermark, so a movement is in the period that is being closed
or in a later one, never in both; of two closes of one period exactly one succeeds. What is written stays as it is: the
application may add rows to these tables, and change none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from coalition import ledger, programs
from coalition.kernel import audit, clock, outbox
from coalition.kernel.errors import Conflict, Unavailable
from settlement import accruals
from settlement.accruals import Accrued, Period
from settlement.statements import checking, fx
from settlement.statements.drawing import draw_up
from settlement.statements.issuing import issue

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Closed:
    """What a close did. `running`: the period's last day is not over, later movements fall into `next_code`."""

    period: Period
    accrued: Accrued
    statements: tuple[int, ...]
    running: bool
    next_code: str


def let_go(transact: Callable[[Callable[[], int]], int]) -> None:
    """Book what has run out by now, holds first: else the sweep's next hour would book a last day's breakage too late.

    A transaction for each chunk, so it is for the doors, ahead of `close`. What another transaction holds stays.
    """
    while transact(lambda: ledger.expire_holds(_CHUNK)):
        pass
    while transact(lambda: ledger.expire(clock.now(), _CHUNK)):
        pass


def close(program_id: int, code: str, *, patience_s: int = 10) -> Closed:
    """Close the period written `code`, which is made if nothing has fallen into it yet.

    What was committed before the call is in it: transactions that are still open are waited for, `patience_s` long.
    Raises Conflict if it is closed already, lies in the future, or its checklist is neither ok nor accepted (see
    `checking.demand`); Invalid if `code` is no period; Unavailable if an open transaction or another run of the
    settlement takes too long.
    """
    reached = accruals.quiesce(patience_s)
    if reached is None:
        raise Unavailable("writers_open", "A transaction that began earlier is still open; try again.")
    program = programs.get(program_id)
    today = clock.local_date(clock.now(), program.zone)
    if accruals.days_of(code)[0] > today:
        raise Conflict("period_in_future", f"{code} has not begun.")
    accrued = accruals.accrue(program_id, reached=reached)
    assert accrued is not None
    period = accruals.open_period(program_id, code)
    if period.state == "closed":
        raise Conflict("period_closed", f"{code} is closed already.")
    drawn = draw_up(period)
    checking.demand(checking.checks(period, drawn))
    accruals.seal(period, accrued.upto)
    accruals.defer(period, accrued.upto)
    settled, _ = fx.settle(period, drawn)
    ids = issue(program, period, drawn, settled)
    outbox.publish("period.closed", {"program_id": program.id, "period_id": period.id}, key=str(period.id))
    audit.record("settlement.close", f"period:{period.id}", program=program.code, period=code, statements=len(ids))
    following = accruals.next_code(code)
    return Closed(accruals.get_period(period.id), accrued, ids, period.ends_on >= today, following)
