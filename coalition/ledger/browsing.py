"""Reading holds for people: what is set aside on some wallets, and until when. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.db import raw
from coalition.ledger.types import Hold

_OPEN = """
    SELECT h.account_id, h.id, h.amount, h.captured, h.released, h.state, h.expires_at, h.purpose, h.partner_id,
           h.external_id, e.operation
      FROM hold h JOIN entry e ON e.account_id = h.account_id AND e.id = h.id
     WHERE h.account_id = ANY(%s) AND h.state = 'open' ORDER BY h.expires_at, h.id LIMIT %s"""


def open_holds(account_ids: Sequence[int], limit: int) -> list[Hold]:
    """The holds that still set points of these wallets aside, the one that ends first first."""
    return [Hold(*row) for row in raw().execute(_OPEN, (list(account_ids), limit))]
