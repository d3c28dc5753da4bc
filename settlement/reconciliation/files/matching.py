"""The three-way match: a partner's file, our receipts, the ledger's movements; compared as sets, never line by line.

One join finds what plainly agrees, which is nearly all; only the rest is added up by external id and judged. Where
that could be wrong, because a line met two movements each of which says the same, everything is added up. What is
looked at: the file's lines as they were laid out, `purchase_receipts` of the partner, and `accrued_movements`
under its external ids in the program's main points currency. Money and points are never added over currencies.
"""

from __future__ import annotations

import datetime as dt

from coalition import programs
from coalition.kernel import audit, outbox
from coalition.kernel.clock import start_of_day
from coalition.kernel.db import execute, fetch_one, load_sql
from settlement.reconciliation.files.run import Reconciliation, fail

_MARGIN = dt.timedelta(days=3)
_ONE_DAY = dt.timedelta(days=1)
_WORK_MEM = "64MB"
_SUSPECTS = "AND external_id IN (SELECT external_id FROM suspect)"
CLEARED_AT_A_TIME = 50_000


def match(at: Reconciliation, *, by_receipt: bool = False) -> bool:
    """Compare what was laid out with what we have, and keep what differs; False if that was done already.

    `by_receipt`: rows that follow one another under one external id are one receipt. Reads as of one moment; what was
    accrued is compared, so accrue before. A file without a line that can be read fails.
    """
    if not at.lines:
        fail(at, "nothing_readable")
        return True
    taken = execute(
        "UPDATE reconciliation SET state = 'finished', finished_at = now(), touched_at = now()"
        " WHERE id = :id AND state = 'reading'",
        {"id": at.id},
    )
    if not taken:
        return False
    _compare(at, by_receipt=by_receipt)
    audit.record("reconciliation.match", f"reconciliation:{at.id}", lines=at.lines)
    payload = {"reconciliation_id": at.id, "partner_id": at.partner_id, "period": at.period}
    outbox.publish("reconciliation.finished", payload, key=f"reconciliation:{at.id}")
    return True


def clear(at: Reconciliation) -> int:
    """Take away some of the lines that were laid out and compared; how many. The file itself stays in the store."""
    return execute(
        "DELETE FROM reconciliation_line WHERE ctid = ANY(ARRAY(SELECT ctid FROM reconciliation_line"
        " WHERE reconciliation_id = :id LIMIT :limit))",
        {"id": at.id, "limit": CLEARED_AT_A_TIME},
    )


def _compare(at: Reconciliation, *, by_receipt: bool) -> None:
    """Write the differences and the totals."""
    prepare()
    params = params_of(at, by_receipt=by_receipt)
    execute(load_sql(__file__, "suspect.sql"), params)
    trusted = not by_receipt and _add_up(_SUSPECTS, params) == at.lines
    if not trusted:
        execute("DROP TABLE IF EXISTS compared")
        _add_up("", params)
    judged = load_sql(__file__, "judged.sql")
    execute(load_sql(__file__, "match.sql").format(judged=judged), {**params, "trusted": trusted})


def _add_up(only: str, params: dict[str, object]) -> int:
    """Add the sides up by external id, of the suspects or of all; how many lines that and what agrees account for."""
    execute(load_sql(__file__, "compare.sql").format(only=only), params)
    row = fetch_one(
        "SELECT (SELECT coalesce(sum(lines), 0) FROM compared)"
        " + (SELECT coalesce(sum(agreeing), 0) FROM suspect WHERE external_id IS NULL) AS lines"
    )
    assert row is not None
    return int(row.lines)


def prepare() -> None:
    """Let this transaction sort and hash in more memory than is usual, and still little."""
    execute(f"SET LOCAL work_mem = '{_WORK_MEM}'")


def params_of(at: Reconciliation, *, by_receipt: bool) -> dict[str, object]:
    """The facts that the statements of the match need."""
    program = programs.get(at.program_id)
    seen_on, seen_to = at.starts_on - _MARGIN, at.ends_on + _MARGIN
    return {
        "run": at.id,
        "program": program.id,
        "partner": at.partner_id,
        "currency": programs.main_currency(program.id).id,
        "zone": program.zone,
        "by_receipt": by_receipt,
        "starts_on": at.starts_on,
        "ends_on": at.ends_on,
        "starts_at": start_of_day(at.starts_on, program.zone),
        "ends_at": start_of_day(at.ends_on + _ONE_DAY, program.zone),
        "seen_on": seen_on,
        "seen_to": seen_to,
        "seen_from": start_of_day(seen_on, program.zone),
        "seen_until": start_of_day(seen_to + _ONE_DAY, program.zone),
    }
