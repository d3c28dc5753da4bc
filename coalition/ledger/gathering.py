"""What wallets have gathered in a stretch of time: the measure by which members climb. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from coalition.kernel.db import raw

_GATHERED = """
    SELECT l.account_id, sum(l.remaining)::bigint
      FROM lot l JOIN entry e ON e.account_id = l.account_id AND e.id = l.entry_id
     WHERE l.account_id = ANY(%s) AND e.occurred_at >= %s AND e.occurred_at < %s GROUP BY 1"""


def gathered(account_ids: Collection[int], since: dt.datetime, until: dt.datetime) -> dict[int, int]:
    """Points that were earned in [since, until) and are still there, by wallet; wallets with none are left out.

    When they were earned is `occurred_at`. What a return took back, or a member spent, no longer counts.
    """
    return dict(raw().execute(_GATHERED, (list(account_ids), since, until)).fetchall())
