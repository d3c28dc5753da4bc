"""The price book: what every rule makes of every reward of a program, as arrays in this process.

It sorts and filters a whole catalog by one member's prices; what a page shows is asked of the database again. A book
never changes: when the program's version does, another takes its place, in one assignment, and keeps the arrays of the
rules that were not computed anew. Rankings are kept by the rules that made them, never by the member, so that members
with the same rules share one. Base prices are below 9 * 10^14 points: everything is exact in 64 bits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.pricing.personal.applying import WHOLE, Applied, candidates
from catalog.pricing.personal.personalising import rules_of
from coalition.kernel.db import raw
from coalition.kernel.errors import Unavailable
from coalition.kernel.remembering import Remembered

Ids = npt.NDArray[np.int64]
Key = tuple[tuple[int, int | None, int | None], ...]
_MOST_RANKINGS = 256
_ATTEMPTS = 4
_books = Remembered[dict[int, "Book"]](dict)


class Ranking:
    """Rewards with their prices under some rules, the cheapest first; equal ones by their ids."""

    __slots__ = ("points", "reward_ids")

    def __init__(self, reward_ids: Ids, points: Ids) -> None:
        self.reward_ids = reward_ids
        self.points = points

    def __len__(self) -> int:
        return len(self.reward_ids)

    def within(self, least: int | None, most: int | None) -> Ranking:
        """Those that cost from `least` to `most` points."""
        start = 0 if least is None else int(np.searchsorted(self.points, least, "left"))
        end = len(self) if most is None else int(np.searchsorted(self.points, most, "right"))
        return Ranking(self.reward_ids[start:end], self.points[start:end])

    def among(self, reward_ids: Sequence[int]) -> Ranking:
        """Those that are among these."""
        kept = np.isin(self.reward_ids, np.fromiter(reward_ids, np.int64, len(reward_ids)))
        return Ranking(self.reward_ids[kept], self.points[kept])


class Book:
    """The prices of one program as of one version: a base for each reward, and for each rule what it makes of some."""

    def __init__(self, version: int, reward_ids: Ids, base: Ids) -> None:
        self.version = version
        self.reward_ids = reward_ids
        self.base = base
        self.rules: dict[int, tuple[int, Ids, Ids]] = {}
        self._places: dict[int, tuple[Ids, Ids]] = {}
        self._rankings: OrderedDict[Key, Ranking] = OrderedDict()

    def rank(self, rules: Sequence[Applied]) -> Ranking:
        """All rewards by their price under these rules, which must be in the book."""
        key: Key = tuple(sorted((rule.rule_id, rule.factor, rule.fixed) for rule in rules))
        known = self._rankings.get(key)
        if known is None:
            known = self._rankings[key] = self.sorted(self.vector(rules))
            if len(self._rankings) > _MOST_RANKINGS:
                self._rankings.popitem(last=False)
        return known

    def vector(self, rules: Sequence[Applied]) -> Ids:
        """The price of every reward under these rules, in the order of `reward_ids`."""
        lowest = self.base.copy()
        for some in candidates(rules):
            if len(some) > 1:
                np.minimum(lowest, self._stacked(some), out=lowest)
                continue
            at, points = self._placed(some[0])
            if some[0].overridden:
                points = np.maximum(_multiplied(self.base[at], some[0]), some[0].floor)
            lowest[at] = np.minimum(lowest[at], points)
        return lowest

    def sorted(self, points: Ids) -> Ranking:
        """A vector of prices as a ranking."""
        bits = max(len(points) - 1, 1).bit_length()
        if len(points) and int(points.max()).bit_length() + bits < 63:  # one sort of numbers instead of an argsort
            packed = np.sort((points << bits) | np.arange(len(points)))
            order = packed & ((1 << bits) - 1)
        else:
            order = np.argsort(points, kind="stable")
        return Ranking(self.reward_ids[order], points[order])

    def _placed(self, rule: Applied) -> tuple[Ids, Ids]:
        """Where a rule's rewards stand in the book, and its prices; rewards that have left are left out."""
        found = self._places.get(rule.rule_id)
        if found is None:
            _, ids, points = self.rules[rule.rule_id]
            at = np.searchsorted(self.reward_ids, ids)
            here = at < len(self.reward_ids)
            here[here] = self.reward_ids[at[here]] == ids[here]
            found = self._places[rule.rule_id] = (at[here], points[here])
        return found

    def _stacked(self, rules: Sequence[Applied]) -> Ids:
        """What rules make together where at least two of them meet: their exact product, rounded up once at the end.

        The product is a whole part and limbs of ten-thousandths, so that no step loses anything.
        """
        size = len(self.base)
        whole = self.base.copy()
        limbs: list[Ids] = []
        floor, met = np.zeros(size, np.int64), np.zeros(size, np.int64)
        for rule in rules:
            at, _ = self._placed(rule)
            factor = np.full(size, WHOLE, np.int64)
            assert rule.factor is not None
            factor[at] = rule.factor
            floor[at] = np.maximum(floor[at], rule.floor)
            met[at] += 1
            carry = np.zeros(size, np.int64)
            for place in range(len(limbs) - 1, -1, -1):
                carry, limbs[place] = np.divmod(limbs[place] * factor + carry, WHOLE)
            whole, rest = np.divmod(whole * factor + carry, WHOLE)
            limbs.insert(0, rest)
        up = np.logical_or.reduce([limb > 0 for limb in limbs])
        return np.where(met > 1, np.minimum(self.base, np.maximum(whole + up, floor)), self.base)


def book(program_id: int, rules: Sequence[Applied] = ()) -> Book:
    """The program's book as it is now, with these rules in it. Costs one short query while nothing has changed."""
    memory = _books()
    for _ in range(_ATTEMPTS):
        version, base_version = _versions(program_id)
        found = memory.get(program_id)
        if found is None or found.version != version:
            found = memory[program_id] = _opened(program_id, version, base_version, found)
        missing = [rule.rule_id for rule in rules if rule.rule_id not in found.rules]
        if not missing:
            return found
        found.rules.update(_read(missing))
        if _versions(program_id)[0] == version:
            return found
        memory.pop(program_id, None)  # it was computed anew meanwhile, and these may be of then
    raise Unavailable("busy", "Prices are being computed all the time; try again.")


def ranking(program_id: int, member_id: int | None) -> Ranking:
    """All rewards on sale by what they cost the member now, the cheapest first."""
    rules = [rule for rule in rules_of(program_id, member_id) if rule.scope != "delivery"]
    return book(program_id, rules).rank(rules)


def _opened(program_id: int, version: int, base_version: int, before: Book | None) -> Book:
    """A book of this version, with what is still true of the one before."""
    if before is not None and before.version >= base_version:
        fresh = Book(version, before.reward_ids, before.base)
    else:
        rows = raw().execute(
            "SELECT reward_id, points FROM price_base WHERE program_id = %s ORDER BY reward_id", (program_id,)
        )
        fresh = Book(version, *_columns(rows.fetchall()))
    if before is not None:
        current = _computed_at(list(before.rules))
        fresh.rules = {one: kept for one, kept in list(before.rules.items()) if current.get(one) == kept[0]}
    return fresh


def _versions(program_id: int) -> tuple[int, int]:
    sql = "SELECT version, base_version FROM pricebook WHERE program_id = %s"
    row = raw().execute(sql, (program_id,)).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def _computed_at(rule_ids: Sequence[int]) -> Mapping[int, int]:
    rows = raw().execute("SELECT id, book_version FROM price_rule WHERE id = ANY (%s::bigint[])", (list(rule_ids),))
    return dict(rows.fetchall())


def _read(rule_ids: Sequence[int]) -> dict[int, tuple[int, Ids, Ids]]:
    versions = _computed_at(rule_ids)
    found: dict[int, tuple[int, Ids, Ids]] = {}
    for rule_id in rule_ids:
        rows = raw().execute(
            "SELECT reward_id, points FROM rule_price WHERE rule_id = %s ORDER BY reward_id", (rule_id,)
        )
        found[rule_id] = (versions.get(rule_id, 0), *_columns(rows.fetchall()))
    return found


def _columns(rows: Sequence[Any]) -> tuple[Ids, Ids]:
    pairs = np.array(rows, np.int64).reshape(-1, 2)
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])


def _multiplied(base: Ids, rule: Applied) -> Ids:
    if rule.fixed is not None:
        return np.full(len(base), rule.fixed, np.int64)
    assert rule.factor is not None
    return (base * rule.factor + WHOLE - 1) // WHOLE
