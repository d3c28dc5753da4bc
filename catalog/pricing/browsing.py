"""Looking through the catalog by one's own prices: sorted by them, cut by them, by what one can afford.

The price book sorts; the search finds what matches; a reward that the book does not know yet stands there at the price
for everybody.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catalog import rewards
from catalog.pricing.personal.book import Ranking, ranking
from catalog.rewards import Reward, RewardQuery
from coalition.kernel.db import raw
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

_BY_PRICE = ("price", "-price")


def browse(
    program_id: int, member_id: int | None, query: RewardQuery, *, cursor: str | None = None, limit: int = 48
) -> tuple[Page[Reward], int]:
    """The cards that match, and how many there are; every price in the query is the member's own (None: everyone's).

    Raises Invalid for a foreign cursor.
    """
    if query.sort not in _BY_PRICE and query.min_points is None and query.max_points is None:
        return rewards.search(program_id, query, cursor=cursor, limit=limit), rewards.count(program_id, query)
    plain = replace(query, min_points=None, max_points=None)
    fitting = _priced(program_id, member_id, plain).within(query.min_points, query.max_points)
    if query.sort in _BY_PRICE:
        return _page(program_id, query.sort, fitting, cursor, limit), len(fitting)
    kept = replace(plain, only=tuple(fitting.reward_ids.tolist()))
    return rewards.search(program_id, kept, cursor=cursor, limit=limit), len(fitting)


def _priced(program_id: int, member_id: int | None, query: RewardQuery) -> Ranking:
    """All cards that match, by the member's price."""
    matching = rewards.matching(program_id, query)
    known = ranking(program_id, member_id).among(matching)
    if len(known) == len(matching):
        return known
    missing = np.setdiff1d(np.fromiter(matching, np.int64, len(matching)), known.reward_ids)
    rows = raw().execute(
        "SELECT reward_id, points FROM reward_prices WHERE reward_id = ANY (%s::bigint[])", (missing.tolist(),)
    )
    added = np.array(rows.fetchall(), np.int64).reshape(-1, 2)
    ids = np.concatenate([known.reward_ids, added[:, 0]])
    points = np.concatenate([known.points, added[:, 1]])
    order = np.lexsort((ids, points))
    return Ranking(ids[order], points[order])


def _page(program_id: int, sort: str, fitting: Ranking, cursor: str | None, limit: int) -> Page[Reward]:
    sign = -1 if sort == "-price" else 1
    ids, points = fitting.reward_ids[::sign], fitting.points[::sign]
    position = decode_cursor(cursor, str, int, int)
    start = 0
    if position is not None and position[0] == sort:
        at, last = sign * int(position[1]), sign * int(position[2])
        start = int(np.count_nonzero((sign * points < at) | ((sign * points == at) & (sign * ids <= last))))
    shown = slice(start, start + limit)
    found = rewards.by_ids(program_id, ids[shown].tolist())
    more = start + limit < len(ids)
    end = start + limit - 1
    return Page(found, encode_cursor(sort, int(points[end]), int(ids[end])) if more else None)
