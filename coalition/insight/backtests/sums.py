"""The sums of a back-test: units by currency, along each dimension, under the ruleset in force and under the draft.

Every receipt is added once to each of the dimensions day, partner, outlet and tier, and every award once to those of
promotions and funders; so the sums along any of them come to the same total, and a test holds that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from coalition.insight.backtests.seen import Award, Outcome, Seen

OF_RECEIPTS = ("day", "partner", "outlet", "tier")
OF_AWARDS = ("promotion", "funder")
TOTAL = "total"


class Pair(NamedTuple):
    """A figure under the ruleset in force and under the draft."""

    active: int
    draft: int

    @property
    def difference(self) -> int:
        """What the draft adds."""
        return self.draft - self.active


class Sums:
    """Units by (dimension, key, currency)."""

    __slots__ = ("_by",)

    def __init__(self) -> None:
        self._by: dict[tuple[str, str, str], list[int]] = {}

    def add(self, seen: Seen, active: Outcome, draft: Outcome) -> None:
        """Count one receipt."""
        self._add(0, seen, active)
        self._add(1, seen, draft)

    def along(self, dimension: str) -> dict[tuple[str, str], Pair]:
        """The sums along a dimension, by (key, currency), in order."""
        return {key[1:]: Pair(*both) for key, both in sorted(self._by.items()) if key[0] == dimension}

    def total(self, currency: str) -> Pair:
        """The sum of everything in a currency."""
        return Pair(*self._by.get((TOTAL, "", currency), (0, 0)))

    def currencies(self) -> list[str]:
        """The currencies in which something was given."""
        return sorted({key[2] for key in self._by})

    def stored(self) -> list[list[Any]]:
        """As JSON keeps them."""
        return [[*key, *both] for key, both in sorted(self._by.items())]

    @classmethod
    def read(cls, stored: list[list[Any]]) -> Sums:
        """As they were stored."""
        found = cls()
        found._by = {(dimension, key, currency): both for dimension, key, currency, *both in stored}
        return found

    def _add(self, side: int, seen: Seen, outcome: Outcome) -> None:
        if not outcome.awards:
            return
        keys = _keys(seen)
        for currency, units in outcome.units.items():
            self._count(TOTAL, "", currency, side, units)
            for dimension, key in keys:
                self._count(dimension, key, currency, side, units)
        for award in outcome.awards:
            for dimension, key, units in _parts(award):
                self._count(dimension, key, award.currency, side, units)

    def _count(self, dimension: str, key: str, currency: str, side: int, units: int) -> None:
        at = (dimension, key, currency)
        both = self._by.get(at)
        if both is None:
            both = self._by[at] = [0, 0]
        both[side] += units


def worth(sums: Mapping[tuple[str, str], Pair], faces: Mapping[str, int]) -> dict[str, Pair]:
    """The worth of sums by key, over all currencies that can be spent (`faces`: millionths of a minor unit a unit)."""
    found: dict[str, Pair] = {}
    for (key, currency), both in sums.items():
        face, known = faces.get(currency, 0), found.get(key, Pair(0, 0))
        found[key] = Pair(known.active + both.active * face, known.draft + both.draft * face)
    return found


def _keys(seen: Seen) -> list[tuple[str, str]]:
    found = (seen.day.isoformat(), str(seen.partner_id), str(seen.outlet_id), seen.tier)
    return list(zip(OF_RECEIPTS, found, strict=True))


def _parts(award: Award) -> Iterator[tuple[str, str, int]]:
    yield "promotion", award.promotion, award.units
    for entity_id, units in award.shares:
        yield "funder", str(entity_id), units
