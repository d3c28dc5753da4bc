"""Back-tests that were asked for: from being asked for to their figures.

    asked -> running -> done, or cancelled, or failed

Every change is one conditional UPDATE: whoever comes second finds that it was not possible any more.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.insight.backtests.tallying import Difference
from coalition.kernel import audit, jobs
from coalition.kernel.copying import copy_csv
from coalition.kernel.copying import quoted as text
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

MAKE = "insight.backtest"
_MOST = 100
_COLUMNS = """id, program_id, title, state, since, until, ruleset_id, watched, quoted, standing, margin_bp, redeemed_bp,
    job_id, done, total, error, asked_by, asked_at, finished_at"""


@dataclass(frozen=True, slots=True)
class Backtest:
    """A back-test: `watched` are the promotions that are tried, `since` and `until` its first and last day.

    `quoted`: whether discounts come off, as if each receipt had been quoted first; else only points are given.
    `standing`: whether limits begin as they stood at the first day; else unused.
    `margin_bp` is the part of what a receipt pays that the seller keeps, `redeemed_bp` the part of points that is
    expected to be spent: both are assumptions of who asks. `done` of `total` receipts have been played.
    """

    id: int
    program_id: int
    title: str
    state: str
    since: dt.date
    until: dt.date
    ruleset_id: int | None
    watched: Sequence[str]
    quoted: bool
    standing: bool
    margin_bp: int
    redeemed_bp: int
    job_id: int | None
    done: int
    total: int | None
    error: str | None
    asked_by: str
    asked_at: dt.datetime
    finished_at: dt.datetime | None

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in ("asked", "running")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be tried, and how: see `Backtest`."""

    program_id: int
    title: str
    since: dt.date
    until: dt.date
    ruleset_id: int | None
    candidate: Mapping[str, Any]
    watched: Sequence[str]
    quoted: bool
    margin_bp: int
    redeemed_bp: int
    standing: bool = False


def keep(asked: Asked) -> int:
    """Write a back-test down and ask for it to be made; its number."""
    row = fetch_one(
        "INSERT INTO backtest (program_id, title, since, until, ruleset_id, candidate, watched, quoted, standing,"
        " margin_bp, redeemed_bp, asked_by) VALUES (:program, :title, :since, :until, :ruleset,"
        " CAST(:candidate AS jsonb), :watched, :quoted, :standing, :margin, :redeemed, :actor) RETURNING id",
        {
            "program": asked.program_id,
            "title": asked.title,
            "since": asked.since,
            "until": asked.until,
            "ruleset": asked.ruleset_id,
            "candidate": json.dumps(asked.candidate),
            "watched": list(asked.watched),
            "quoted": asked.quoted,
            "standing": asked.standing,
            "margin": asked.margin_bp,
            "redeemed": asked.redeemed_bp,
            "actor": audit.origin().actor,
        },
    )
    assert row is not None
    job_id = jobs.enqueue(MAKE, {"backtest": row.id})
    execute("UPDATE backtest SET job_id = :job WHERE id = :id", {"job": job_id, "id": row.id})
    audit.record("backtest.ask", f"program:{asked.program_id}", number=row.id, watched=list(asked.watched))
    return int(row.id)


def get(number: int) -> Backtest:
    """What became of a back-test. Raises NotFound."""
    row = fetch_one(f"SELECT {_COLUMNS} FROM backtest WHERE id = :id", {"id": number})
    if row is None:
        raise NotFound()
    return Backtest(**row._mapping)


def listed(program_id: int) -> list[Backtest]:
    """The back-tests of a program, the latest first; at most a hundred."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM backtest WHERE program_id = :program ORDER BY id DESC LIMIT {_MOST}",
        {"program": program_id},
    )
    return [Backtest(**row._mapping) for row in rows]


def candidate(number: int) -> Mapping[str, Any]:
    """What is tried, as the engine runs it: the program and its promotions. Raises NotFound."""
    row = fetch_one("SELECT candidate FROM backtest WHERE id = :id", {"id": number})
    if row is None:
        raise NotFound()
    return row.candidate  # type: ignore[no-any-return]


def figures(number: int) -> Mapping[str, Any] | None:
    """The figures of a back-test as `figures.read` reads them; None until it is done."""
    row = fetch_one("SELECT figures FROM backtest WHERE id = :id", {"id": number})
    return row.figures if row else None


def cancel(number: int) -> None:
    """Have it no more; its worker stops at the next block. Raises NotFound, and Conflict `backtest_over`."""
    if not _change(number, "state = 'cancelled', finished_at = now()", "state IN ('asked', 'running')"):
        raise Conflict("backtest_over", f"This back-test is {get(number).state}.")
    audit.record("backtest.cancel", f"backtest:{number}")


def start(number: int) -> Backtest | None:
    """Begin, or begin again after a worker that died; None if it is not wanted any more."""
    if not _change(number, "state = 'running', done = 0, total = NULL", "state IN ('asked', 'running')"):
        return None
    execute("DELETE FROM backtest_difference WHERE backtest_id = :id", {"id": number})
    return get(number)


def advance(number: int, done: int, total: int, differences: Sequence[Difference] = ()) -> bool:
    """Keep what is different in a block of receipts, and say how far it is; False once it is not wanted any more."""
    if not _change(number, "done = :done, total = :total", "state = 'running'", done=done, total=total):
        return False
    if differences:
        rows = (
            f"{number},{one.purchase_id},{one.member_id},{text(one.currency)},{one.active},{one.draft}"
            for one in differences
        )
        copy_csv("backtest_difference", "backtest_id, purchase_id, member_id, currency, active, draft", rows)
    return True


def finish(number: int, told: Mapping[str, Any]) -> bool:
    """The figures are there; False if it is not wanted any more."""
    change = "state = 'done', finished_at = now(), done = coalesce(total, done), figures = CAST(:told AS jsonb)"
    return _change(number, change, "state = 'running'", told=json.dumps(told))


def fail(number: int, code: str) -> bool:
    """It cannot be made, for this reason (a stable code)."""
    change = "state = 'failed', finished_at = now(), error = :code"
    return _change(number, change, "state IN ('asked', 'running')", code=code)


def fail_orphans() -> int:
    """Say of every back-test whose job was given up that it failed; how many there were."""
    rows = fetch_all(f"SELECT id, job_id FROM backtest WHERE state IN ('asked', 'running') ORDER BY id LIMIT {_MOST}")
    found = [(row.id, jobs.get(row.job_id) if row.job_id else None) for row in rows]
    return sum(fail(number, "worker_died") for number, job in found if job is None or job.state in ("dead", "done"))


def differences(number: int, cursor: str | None, limit: int) -> Page[Difference]:
    """The receipts that get something else, the largest difference first."""
    size, purchase, currency = decode_cursor(cursor, int, int, str) or (None, None, None)
    rows = fetch_all(
        "SELECT purchase_id, member_id, currency, active, draft FROM backtest_difference WHERE backtest_id = :id"
        " AND (CAST(:size AS bigint) IS NULL"
        " OR (-abs(draft - active), purchase_id, currency) > (:size, CAST(:purchase AS bigint), :currency))"
        " ORDER BY -abs(draft - active), purchase_id, currency LIMIT :limit",
        {"id": number, "size": size, "purchase": purchase, "currency": currency, "limit": limit + 1},
    )
    found = [Difference(*row) for row in rows]
    if len(found) <= limit:
        return Page(found)
    last = found[limit - 1]
    return Page(found[:limit], encode_cursor(-abs(last.draft - last.active), last.purchase_id, last.currency))


def _change(number: int, change: str, condition: str, **params: Any) -> bool:
    return execute(f"UPDATE backtest SET {change} WHERE id = :id AND {condition}", {"id": number, **params}) == 1
