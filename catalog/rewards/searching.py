"""Finding rewards by words in either language, by facets, and by price, one card for each product."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from catalog.rewards.filtering import Conditions, conditions
from catalog.rewards.types import SORTS, Reward, RewardQuery
from coalition.kernel.db import fetch_all, fetch_one, load_sql
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

_MOST_RANKED = 2_000
_MOST_OFFERS = 50
_MOST_MATCHES = 1_000_000
_FIT = "fit"
# How well a reward fits the words, in tenths: a title weighs more than a brand, a brand more than a description.
_RANK = (
    "(SELECT CAST(round(10 * ts_rank(v.vector, CAST(:words AS tsquery))) AS bigint)"
    " FROM reward_words v WHERE v.reward_id = w.id)"
)


def search(program_id: int, query: RewardQuery, *, cursor: str | None = None, limit: int = 48) -> Page[Reward]:
    """The cards on sale that match, out of stock included unless asked. Raises Invalid for a foreign cursor.

    Words that fit more than two thousand rewards say little about which is meant: those come by popularity.
    """
    asked = conditions(program_id, query)
    position = decode_cursor(cursor, str, int, int, int)
    sort = _FIT if position is not None and position[0] == _FIT else _sort(query, asked)
    keys, direction, before = _order(sort, asked)
    params, after = {**asked.params, "limit": limit + 1}, ""
    if position is not None and position[0] == sort:
        names = ["at_fit", "at_value", "at_id"][3 - len(keys) :]
        after = f" AND ({', '.join(keys)}) {before} ({', '.join(f':{name}' for name in names)})"
        params |= dict(zip(["at_fit", "at_value", "at_id"], position[1:], strict=True))
    rows = fetch_all(
        f"SELECT w.id, {keys[-2]} AS value, {keys[0] if len(keys) == 3 else 0} AS fit FROM reward w"
        f" WHERE {asked.cards}{after} ORDER BY {', '.join(f'{key} {direction}' for key in keys)} LIMIT :limit",
        params,
    )
    found = by_ids(program_id, [row.id for row in rows[:limit]])
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(found, encode_cursor(sort, int(last.fit), last.value, last.id) if last is not None else None)


def count(program_id: int, query: RewardQuery) -> int:
    """How many cards match."""
    asked = conditions(program_id, query)
    row = fetch_one(f"SELECT count(*) AS n FROM reward w WHERE {asked.cards}", asked.params)
    return int(row.n) if row else 0


def matching(program_id: int, query: RewardQuery) -> Sequence[int]:
    """The ids of all cards that match, in no order, for whoever sorts them by something that is not known here."""
    asked = conditions(program_id, query)
    rows = fetch_all(f"SELECT w.id FROM reward w WHERE {asked.cards} LIMIT {_MOST_MATCHES}", asked.params)
    return [row.id for row in rows]


def by_ids(program_id: int, reward_ids: Sequence[int]) -> Sequence[Reward]:
    """These rewards of the program in this order, on sale or not; what it does not have is left out."""
    found = many(program_id, reward_ids)
    return [found[reward_id] for reward_id in reward_ids if reward_id in found]


def get(program_id: int, reward_id: int) -> Reward:
    """The reward, on sale or not. Raises NotFound, for another program's too."""
    found = by_ids(program_id, [reward_id])
    if not found:
        raise NotFound()
    return found[0]


def many(program_id: int, reward_ids: Collection[int]) -> dict[int, Reward]:
    """These rewards by id, on sale or not; what is unknown, or another program's, is left out."""
    rows = fetch_all(
        load_sql(__file__, "reward.sql") + " AND w.id = ANY (:ids)",
        {"program_id": program_id, "ids": list(reward_ids)},
    )
    return {row.id: Reward(**row._mapping) for row in rows}


def offers_of(program_id: int, product_id: int) -> Sequence[Reward]:
    """Everything on sale in the program under one product card: first what can be had, then by price."""
    rows = fetch_all(
        load_sql(__file__, "reward.sql") + " AND w.product_id = :product_id AND w.state = 'on_sale'"
        " ORDER BY (s.offer_id IS NOT NULL AND (s.on_hand IS NULL OR s.on_hand > s.reserved)) DESC, w.points, w.id"
        f" LIMIT {_MOST_OFFERS}",
        {"program_id": program_id, "product_id": product_id},
    )
    return [Reward(**row._mapping) for row in rows]


def _sort(query: RewardQuery, asked: Conditions) -> str:
    """The order asked for; with words the popular come by how well they fit, unless too many do."""
    if query.sort != "popular" or asked.words is None:
        return query.sort
    row = fetch_one(
        "SELECT count(*) AS n FROM (SELECT FROM reward_words WHERE vector @@ CAST(:words AS tsquery) LIMIT :most) AS m",
        {"words": asked.words, "most": _MOST_RANKED + 1},
    )
    return _FIT if row is not None and row.n <= _MOST_RANKED else query.sort


def _order(sort: str, asked: Conditions) -> tuple[list[str], str, str]:
    """What the rows are sorted by, in which direction, and how what comes after a row compares with it."""
    column, descending = SORTS["popular" if sort == _FIT else sort]
    keys = [f"w.{column}", "w.id"]
    if sort == _FIT:
        keys.insert(0, _RANK if asked.words is not None else "0")
    return keys, "DESC" if descending else "ASC", "<" if descending else ">"
