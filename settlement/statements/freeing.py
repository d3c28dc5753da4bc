"""What was paid frees the limit of who paid: a statement once, for as long as it is paid.

A paid statement frees what its lines charge for points that its entity funds, net; points that have expired free what
their redemption would have cost, which never falls due. What a return took back was freed with it, and is negative in a
later statement: together each point frees what it had used. A payment that comes back takes what it freed along.
"""

from __future__ import annotations

from coalition.kernel.db import fetch_all, load_sql
from coalition.partners import exposure

_MOST = 1_000


def free_paid(program_id: int) -> int:
    """Free what the paid statements of a program stand for; of those paid no more, use it again. How many changed."""
    paid, unpaid = (
        fetch_all(load_sql(__file__, name), {"program": program_id, "most": _MOST})
        for name in ("paid.sql", "unpaid.sql")
    )
    for row in paid:
        exposure.free(row.legal_entity_id, row.key, max(int(row.amount), 0))
    for row in unpaid:
        exposure.use_again(row.legal_entity_id, row.key, row.amount)
    return len(paid) + len(unpaid)
