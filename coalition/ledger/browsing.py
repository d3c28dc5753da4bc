"""Reading holds for people: what is set aside on some wallets, and until when. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.db import raw
from coalition.ledger.types import Hold

_OPEN = """
    SELECT account_id, id, amount, captured, released, state, expires_at, purpose, partner_id, external_id
      FROM hold WHERE account_id = ANY(%s) AND state = 'open' ORDER BY expires_at, id LIMIT %s"""


def open_holds(account_ids: Sequence[int], limit: int) -> list[Hold]:
    """The holds that still set points of these wallets aside, the one that ends first first."""
    return [Hold(*row) for row in raw().execute(_OPEN, (list(account_ids), limit))]
