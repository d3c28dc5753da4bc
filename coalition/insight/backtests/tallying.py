"""One back-test under way: each receipt is played under both rulesets, and everything that is told of it is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from coalition.insight.backtests.alarms import Alarm, Alarms
from coalition.insight.backtests.people import People
from coalition.insight.backtests.playing import Event, Side
from coalition.insight.backtests.seen import Outcome, Seen
from coalition.insight.backtests.sparing import Sparing
from coalition.insight.backtests.sums import Pair, Sums


class Difference(NamedTuple):
    """A receipt that gets something else under the draft: units of one currency under each."""

    purchase_id: int
    member_id: int
    currency: str
    active: int
    draft: int


class Tally:
    """The figures of a back-test. `faces`: what a unit of each currency is worth that can be spent (`seen.face_e6`)."""

    __slots__ = (
        "active", "alarms", "changed", "draft", "faces", "gifts", "members_given", "people", "receipts",
        "rewarded", "sparing", "sums", "turnover",
    )  # fmt: skip

    def __init__(
        self, active: Side, draft: Side, faces: Mapping[str, int], margin_bp: int, sparing: Sparing | None = None
    ) -> None:
        self.sparing = sparing
        self.active, self.draft, self.faces = active, draft, faces
        self.alarms, self.people, self.sums = Alarms(margin_bp), People(), Sums()
        self.receipts = self.changed = self.turnover = 0
        self.rewarded = [0, 0]
        self.members_given: tuple[set[int], set[int]] = (set(), set())
        self.gifts: dict[tuple[str, str], list[int]] = {}

    def add(self, event: Event, seen: Seen) -> list[Difference]:
        """Play one receipt; what is different under the draft."""
        active, draft = self._played(event, seen)
        self.receipts += 1
        self.turnover += seen.spent
        self.sums.add(seen, active, draft)
        for side, outcome in enumerate((active, draft)):
            self._note(side, seen, outcome)
        self.people.add(seen.member_id, self._worth(active), self._worth(draft))
        self._alarm(seen, draft)
        if active == draft:
            return []
        self.changed += 1
        return list(self._differences(seen, active, draft))

    def forget(self) -> None:
        """Begin with unused limits: the members to come share none with those before."""
        self.active.forget()
        self.draft.forget()
        if self.sparing is not None:
            self.sparing.forget()

    def _played(self, event: Event, seen: Seen) -> tuple[Outcome, Outcome]:
        """What both rulesets give; played once where both come to the same."""
        active, sparing = self.active.play(event, seen), self.sparing
        if sparing is not None and sparing.alike(event):
            self.draft.follow(self.active.used, seen)
            return active, active
        draft = self.draft.play(event, seen)
        if sparing is not None:
            sparing.note(self.active.used, self.draft.used)
        return active, draft

    def members(self) -> Pair:
        """How many members get anything of the promotions under each ruleset."""
        return Pair(*map(len, self.members_given))

    def _note(self, side: int, seen: Seen, outcome: Outcome) -> None:
        if outcome.awards or outcome.gifts:
            self.rewarded[side] += 1
            self.members_given[side].add(seen.member_id)
        for about, times in outcome.gifts:
            self.gifts.setdefault(about, [0, 0])[side] += times

    def _worth(self, outcome: Outcome) -> int:
        return sum([units * self.faces.get(currency, 0) for currency, units in outcome.units.items()])

    def _alarm(self, seen: Seen, draft: Outcome) -> None:
        base = sum(sum(lines.values()) * self.faces.get(currency, 0) for currency, lines in seen.base)
        if reward := base + self._worth(draft):
            self.alarms.add(Alarm(seen.purchase_id, seen.member_id, seen.spent, reward))

    def _differences(self, seen: Seen, active: Outcome, draft: Outcome) -> Iterator[Difference]:
        before, after = active.units, draft.units
        for currency in sorted({*before, *after}):
            units = (before.get(currency, 0), after.get(currency, 0))
            if units[0] != units[1]:
                yield Difference(seen.purchase_id, seen.member_id, currency, *units)
