"""What wallets have gathered in a stretch of time: the measure by which members climb; and who has anything at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from coalition.kernel.db import raw
from coalition.ledger.types import AccountKind

_GATHERED = """
    SELECT l.account_id, sum(l.remaining)::bigint
      FROM lot l JOIN entry e ON e.account_id = l.account_id AND e.id = l.entry_id
     WHERE l.account_id = ANY(%s) AND coalesce(e.issued_at, e.occurred_at) >= %s
       AND coalesce(e.issued_at, e.occurred_at) < %s GROUP BY 1"""

_HOLDERS = """
    SELECT DISTINCT a.owner FROM account a JOIN wallet w ON w.account_id = a.id
     WHERE a.kind = %s AND a.owner = ANY(%s) AND (w.undrawn <> 0 OR w.held <> 0 OR w.arrears <> 0)"""


def gathered(account_ids: Collection[int], since: dt.datetime, until: dt.datetime) -> dict[int, int]:
    """Points that were earned in [since, until) and are still there, by wallet; wallets with none are left out.

    When they were earned is `issued_at`, wherever they have been since. What a return took back, or a member spent,
    no longer counts.
    """
    return dict(raw().execute(_GATHERED, (list(account_ids), since, until)).fetchall())


def holders(owners: Collection[int]) -> set[int]:
    """Those of these members that have points, or owe some, in any wallet."""
    rows = raw().execute(_HOLDERS, (int(AccountKind.WALLET), list(owners)))
    return {owner for (owner,) in rows}
