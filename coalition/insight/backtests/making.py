"""Making a back-test: stored purchases, block after block, through the ruleset in force and through the draft.

Both sides see the same events, enriched by the very function that recording uses (`granting.enriched`), the same base
credits that were really granted, and each its own counters, which begin unused, or as they stood at the first day
(`standing`). Where members share no limit, the
purchases are played in parts, each with the members of its own, so that the counters of a part are all that is kept in
memory; the figures are the same, and a test holds that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from coalition import programs, promotions, purchases
from coalition.insight.backtests import budgets
from coalition.insight.backtests.booking import Books, Payers, faces
from coalition.insight.backtests.counters import UNUSED, Stood
from coalition.insight.backtests.keeping import Backtest
from coalition.insight.backtests.playing import Side
from coalition.insight.backtests.seen import Seen
from coalition.insight.backtests.sparing import Sparing
from coalition.insight.backtests.tallying import Difference, Tally
from coalition.kernel import clock
from coalition.promotions import Rehearsal
from coalition.promotions.granting import Products, asked, enriched, stood
from coalition.purchases import Replayed, Span

BLOCK = 2_000
PART = 500_000
_LASTING = frozenset({"id", "tier", "birth_md", "birth_date", "days_to_birthday", "days_since_birthday", "locale"})


class Cursor(NamedTuple):
    """How far the purchases are read: the part, and the last purchase of it."""

    part: int = 0
    after: int = 0


class Block(NamedTuple):
    """Some purchases as events, and where the next ones begin (None: these are the last)."""

    receipts: Sequence[tuple[Mapping[str, Any], Seen]]
    then: Cursor | None


class Trial:
    """The two sides and the tally of a back-test, over the purchases of a program from one day to another."""

    def __init__(
        self,
        active: Rehearsal,
        draft: Rehearsal,
        since: dt.date,
        until: dt.date,
        *,
        margin_bp: int = 10_000,
        quoted: bool = False,
        part: int = PART,
        standing: bool = False,
    ) -> None:
        policies = programs.policies(draft.program_id)
        self._zone = policies.program.zone
        begins, ends = clock.start_of_day(since, self._zone), clock.end_of_last_day(until, self._zone)
        self._span = Span(draft.program_id, begins, ends)
        self.total = purchases.count_of(self._span)
        self._payers = [Payers(one) for one in (active, draft)]
        books = Books(policies)
        stood = _stood(active, draft, begins, since) if standing else UNUSED
        sides = [
            Side(rules, payers, books, quoted=quoted, stood=stood)
            for rules, payers in zip((active, draft), self._payers, strict=True)
        ]
        shared = any(budgets.shared(one.promotions) for one in (active, draft))
        self.parts = 1 if shared else max(-(-self.total // part), 1)
        self._both = _both(active, draft)
        self._remembers = _remembers(active, draft, self._both)
        self._products: Products = {}
        spared = Sparing(active, draft, (active.documents, draft.documents))
        self.tally = Tally(sides[0], sides[1], faces(policies), margin_bp, spared)

    def read(self, at: Cursor, size: int = BLOCK) -> Block:
        """The next purchases, ready to be played. Reads only."""
        span = self._span._replace(part=at.part, parts=self.parts)
        found = purchases.replayed(span, at.after, size, remembered=self._remembers)
        for payers in self._payers:
            payers.meet({one.seller for one in found})
        happenings, own = [one.happening for one in found], [one.known for one in found]
        events = enriched(self._both, happenings, own, tz=self._zone, known=self._products)
        seen = map(self._seen, found)
        receipts = list(zip(events, seen, strict=True))
        if len(found) == size:
            return Block(receipts, Cursor(at.part, found[-1].id))
        return Block(receipts, Cursor(at.part + 1) if at.part + 1 < self.parts else None)

    def play(self, block: Block) -> list[Difference]:
        """Count what a block comes to; what is different of it. Neither reads nor writes."""
        found = [one for event, seen in block.receipts for one in self.tally.add(event, seen)]
        if block.then is not None and not block.then.after:
            self.tally.forget()
        return found

    def _seen(self, one: Replayed) -> Seen:
        of = one.happening
        day = of.occurred_at.astimezone(ZoneInfo(self._zone)).date()
        where = (of.partner.id, one.outlet_id, of.tier)
        return Seen(one.id, of.member_id, day, *where, one.spent, one.seller.entity_id, one.base)


def trial_of(backtest: Backtest, candidate: Mapping[str, Any]) -> Trial:
    """The back-test that was kept, ready to be made."""
    active = promotions.ruleset_by_id(backtest.program_id, backtest.ruleset_id)
    draft = promotions.rehearsal_of(backtest.program_id, candidate)
    days = (backtest.since, backtest.until)
    return Trial(active, draft, *days, margin_bp=backtest.margin_bp, quoted=backtest.quoted, standing=backtest.standing)


def _stood(active: Rehearsal, draft: Rehearsal, begins: dt.datetime, since: dt.date) -> Stood:
    """What the limits of both sides had used before the first day."""
    known = [one for of in (active, draft) for one in of.promotions]
    owners = {one.id for one in known} | {f"campaign:{one.campaign}" for one in known if one.campaign}
    return Stood(*stood(draft.program_id, owners, begins, since))


def _both(active: Rehearsal, draft: Rehearsal) -> Rehearsal:
    """All documents of both, so that everything is known that either of them asks."""
    sides = {"active": active, "draft": draft}
    documents = {f"{side}/{code}": one for side, of in sides.items() for code, one in of.documents.items()}
    return Rehearsal(draft.program_id, None, draft.content, documents)


def _remembers(active: Rehearsal, draft: Rehearsal, both: Rehearsal) -> bool:
    """Whether anything is asked that only the evaluations know which were kept: facts that change, and coupons."""
    coupons = any(promotion.coupon for one in (active, draft) for promotion in one.promotions)
    return coupons or bool(asked(both).facts - _LASTING) or "receipt.coupons" in str(both.documents)
