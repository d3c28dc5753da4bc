"""What was paid frees the limit of who paid: a statement once, when it is paid.

A paid statement frees what its lines charge for points that its entity funds, net; points that have expired free what
their redemption would have cost, which never falls due. What a return took back was freed with it, and is negative in a
later statement: together each point frees what it had used.
"""

from __future__ import annotations

from coalition.kernel.db import fetch_all, load_sql
from coalition.partners import exposure

_MOST = 1_000


def free_paid(program_id: int) -> int:
    """Free what the paid statements of a program stand for that have freed nothing yet; how many there were."""
    rows = fetch_all(load_sql(__file__, "paid.sql"), {"program": program_id, "most": _MOST})
    for row in rows:
        exposure.free(row.legal_entity_id, row.key, max(int(row.amount), 0))
    return len(rows)
