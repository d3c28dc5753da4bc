"""In which order points come back that were redeemed at somebody: last drawn first, or of every draw in proportion.

Whoever keeps the agreements tells it here. What counts for a redemption is the rule of its redeemer at the time of the
redemption, so that no later agreement changes how it is undone. Redemption accounts have rules; all else that is
undone, such as a correction or a claw back, comes back last drawn first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from coalition.kernel.db import raw

LAST_DRAWN_FIRST, PRO_RATA = REVERSAL_ORDERS = ("last_drawn_first", "pro_rata")
_KNOWN = "SELECT since, in_proportion FROM reversal_rule WHERE owner = %s ORDER BY since"
_CLEAR = "DELETE FROM reversal_rule WHERE owner = %s"
_TELL = (
    "INSERT INTO reversal_rule (owner, since, in_proportion) SELECT %s, * FROM unnest(%s::timestamptz[], %s::bool[])"
)


def reversal_orders(owner: int) -> dict[dt.datetime, str]:
    """From when on which order holds for what is redeemed at an owner, by time; before the first, last drawn first."""
    rows = raw().execute(_KNOWN, (owner,))
    return {since: PRO_RATA if in_proportion else LAST_DRAWN_FIRST for since, in_proportion in rows}


def set_reversal_orders(owner: int, orders: Mapping[dt.datetime, str]) -> bool:
    """Let exactly these orders hold from these instants on; whether that changes anything.

    The caller lets nobody else set the same owner's. ValueError for an order that there is not.
    """
    if unknown := set(orders.values()) - set(REVERSAL_ORDERS):
        raise ValueError(f"no such order of reversal: {unknown}")
    if reversal_orders(owner) == dict(orders):
        return False
    raw().execute(_CLEAR, (owner,))
    raw().execute(_TELL, (owner, list(orders), [order == PRO_RATA for order in orders.values()]))
    return True
