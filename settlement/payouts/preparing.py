"""Recording a payment run: what is to be paid for each statement of a closed period and was not yet.

That is one payment, or for who is settled gross one in each direction. A period has one first run; a supplementary run
takes what the runs before it left out: statements that were disputed then, or whose payment was refused and given up.
That no statement has two living payments of one direction is the schema's own law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coalition import programs
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql
from coalition.kernel.errors import Conflict
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from settlement import accruals
from settlement.payouts.moving import born
from settlement.payouts.owed import Payable, kept_back, payables, tell
from settlement.payouts.reading import get, runs_of
from settlement.payouts.types import Run


@dataclass(frozen=True, slots=True)
class PayablePeriod:
    """A closed period with so many statements that no run has taken; `first`: it has had no run yet."""

    code: str
    first: bool
    statements: int


_INSERT_RUN = """
    INSERT INTO payout_run (program_id, period_id, no, recorded_by) VALUES (:program, :period, :no, :actor)
    ON CONFLICT (period_id, no) WHERE state <> 'aborted' DO NOTHING RETURNING id"""
_INSERT_PAYMENTS = """
    INSERT INTO payout_payment (run_id, statement_id, legal_entity_id, direction, amount_minor, currency)
    SELECT :run, statement_id, legal_entity_id, direction, amount_minor, currency
      FROM unnest(CAST(:statements AS bigint[]), CAST(:entities AS int[]), CAST(:directions AS text[]),
                  CAST(:amounts AS bigint[]), CAST(:currencies AS text[]))
           AS x (statement_id, legal_entity_id, direction, amount_minor, currency)
    ON CONFLICT (statement_id, direction) WHERE state NOT IN ('aborted', 'dropped') DO NOTHING"""


def prepare(program_id: int, code: str, *, supplementary: bool = False) -> Run:
    """Record the run of a closed period: what is to be paid, by whom and to whom. Nothing is asked of anybody yet.

    Statements that are still drafts are sent: nobody pays, or is asked for, what has not been told. Raises NotFound;
    Conflict `period_open`, `run_exists` for a second first run, `run_unfinished` while another one is not committed,
    and `nothing_to_pay` if every statement is paid, being paid, disputed or comes to nothing.
    """
    program = programs.get(program_id)
    period = accruals.find_period(program_id, code)
    if period.state != "closed":
        raise Conflict("period_open", f"{code} is not closed yet.")
    before = runs_of(period.id)
    if before and not supplementary:
        raise Conflict("run_exists", f"The run of {code} exists already.", run=before[0].no)
    if any(run.state in ("recorded", "reserved") for run in before):
        raise Conflict("run_unfinished", "Another run of this period waits to be committed or aborted.")
    params = {"program": program.id, "period": period.id, "no": len(before) + 1, "actor": audit.origin().actor}
    row = fetch_one(_INSERT_RUN, params)  # of several at once the others wait here, and are refused
    if row is None:
        raise Conflict("run_exists", f"The run of {code} exists already.", run=len(before) + 1)
    due = _due(period.id)
    if not due:
        raise Conflict("nothing_to_pay", f"No statement of {code} waits to be paid.")
    for payable in due:
        tell(payable.statement_id)
    _record(row.id, due)
    run = get(row.id)
    born(run)
    audit.record("payout.record", f"payout_run:{run.id}", program=program.code, period=code, payments=len(due))
    return run


def payable_periods(program_id: int, cursor: str | None, limit: int) -> Page[PayablePeriod]:
    """A page of the closed periods with a statement that no run has taken, the latest first. Invalid for a cursor that
    is not ours."""
    (before,) = decode_cursor(cursor, str) or (None,)
    params = {"program": program_id, "before": before, "limit": limit + 1}
    rows = fetch_all(load_sql(__file__, "payable_periods.sql"), params)
    found = [PayablePeriod(row.code, row.first, int(row.statements)) for row in rows]
    return Page(found[:limit], encode_cursor(rows[limit - 1].starts_on.isoformat()) if len(rows) > limit else None)


def left_out(period_id: int) -> list[Payable]:
    """What of a period is in no run, or was dropped from one: the next supplementary run takes what is not disputed."""
    every = payables(period_id)
    taken = _taken([payable.statement_id for payable in every])
    return [payable for payable in every if (payable.statement_id, _direction(payable)) not in taken]


def _due(period_id: int) -> list[Payable]:
    waiting = left_out(period_id)
    out = kept_back([payable.statement_id for payable in waiting])
    return [payable for payable in waiting if payable.statement_id not in out]


def _taken(statement_ids: Sequence[int]) -> set[tuple[int, str]]:
    rows = fetch_all(
        "SELECT statement_id, direction FROM payout_payment"
        " WHERE statement_id = ANY(:ids) AND state NOT IN ('aborted', 'dropped')",
        {"ids": list(statement_ids)},
    )
    return {(row.statement_id, row.direction) for row in rows}


def _direction(payable: Payable) -> str:
    return "out" if payable.amount_minor > 0 else "in"


def _record(run_id: int, due: Sequence[Payable]) -> None:
    written = execute(
        _INSERT_PAYMENTS,
        {
            "run": run_id,
            "statements": [payable.statement_id for payable in due],
            "entities": [payable.legal_entity_id for payable in due],
            "directions": [_direction(payable) for payable in due],
            "amounts": [abs(payable.amount_minor) for payable in due],
            "currencies": [payable.currency for payable in due],
        },
    )
    if written != len(due):
        raise Conflict("run_exists", "Another run has just taken a statement of this period.")
