"""A batch as a file for a printer or a mailing: every code with what became of it, in small transactions.

The codes are worth what they open: whoever takes them out leaves a trail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coalition.kernel import audit
from coalition.kernel.db import AnyRow, fetch_all
from coalition.promotions.coupons import codes
from coalition.promotions.coupons.batches import Batch

PART = 10_000
HEADER = "code,readable,state,used,uses_max,valid_until\r\n"
_ROWS = """
    SELECT c.id, c.code, c.used, c.uses_max, least(b.valid_until, c.valid_until) AS valid_until,
           CASE WHEN b.state IN ('cancelled', 'voided') OR c.voided_at IS NOT NULL THEN 'void'
                WHEN c.used >= c.uses_max THEN 'used' ELSE 'usable' END AS state
      FROM coupon c JOIN coupon_batch b ON b.id = c.batch_id
     WHERE c.batch_id = :batch AND c.id > :after ORDER BY c.id LIMIT :most"""


def note_export(batch: Batch) -> None:
    """Leave the trail of whoever takes the codes out."""
    audit.record("coupons.export", f"program:{batch.program_id}", batch=batch.id, code=batch.code, made=batch.made)


def part_after(batch_id: int, after: int, most: int = PART) -> Sequence[AnyRow]:
    """The next codes of a batch behind the one with the id `after`, by id."""
    return fetch_all(_ROWS, {"batch": batch_id, "after": after, "most": most})


def lines(rows: Sequence[AnyRow]) -> Iterator[str]:
    """Rows as lines of the file; codes are of letters and digits, so that nothing has to be quoted."""
    for row in rows:
        until = row.valid_until.isoformat() if row.valid_until else ""
        uses = row.uses_max or ""
        yield f"{row.code},{codes.spaced(row.code)},{row.state},{row.used},{uses},{until}\r\n"
