"""Receipts and rulesets of back-tests without a database. Everything may be overridden."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from coalition.insight.backtests.playing import Side
from coalition.insight.backtests.seen import DISCOUNTS, Seen
from coalition.insight.backtests.tallying import Tally
from coalition.promotions import engine
from tests.coalition.promotions.engine.builders import PROGRAM, a_line, a_receipt

DAY = dt.date(2026, 11, 18)
FACES = {"BON": 100_000_000, "CASH": 1_000_000, DISCOUNTS: 1_000_000}


@dataclass(frozen=True)
class Played:
    """A ruleset out of nothing but its promotions."""

    program: dict[str, Any]
    promotions: tuple[engine.Promotion, ...]

    @cached_property
    def index(self) -> engine.Index:
        """Which of them can apply."""
        return engine.Index(self.promotions)


def a_side(*promotions: dict[str, Any], payers: Any = lambda promotion, seen: [(1, 1)], **program: Any) -> Side:
    """A ruleset of these promotions, paid by the legal entity 1 where nothing else is said."""
    return Side(Played(PROGRAM | program, tuple(engine.promotion(one) for one in promotions)), payers)


def a_tally(active: Side, draft: Side, margin_bp: int = 10_000) -> Tally:
    """A back-test of these two."""
    return Tally(active, draft, FACES, margin_bp)


def a_purchase(
    number: int,
    amount: int,
    *,
    member: int = 1,
    day: int = 0,
    partner: int = 1,
    outlet: int = 1,
    tier: str = "base",
    **line: Any,
) -> tuple[dict[str, Any], Seen]:
    """A receipt of one line as the engine and as the sums see it, `day` days after the first."""
    on = DAY + dt.timedelta(days=day)
    event = a_receipt(
        a_line(1, amount, **line),
        id=f"ev-{number}",
        occurred_at=f"{on}T09:00:00Z",
        member={"id": f"m{member}", "tier": tier},
        partner={"id": f"p{partner}"},
        store={"id": f"s{outlet}"},
    )
    return event, Seen(number, member, on, partner, outlet, tier, amount)
