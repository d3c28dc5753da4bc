"""The figures of a back-test: taken from a tally, kept as JSON, and read back the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.insight.backtests.alarms import Alarm
from coalition.insight.backtests.budgets import Spent
from coalition.insight.backtests.people import Top
from coalition.insight.backtests.sums import TOTAL, Pair, Sums, worth
from coalition.insight.backtests.tallying import Tally


@dataclass(frozen=True, slots=True)
class Figures:
    """What a back-test came to. Every `Pair` is under the ruleset in force, and under the draft.

    `receipts` of members were played, `turnover` is what they paid in minor units; `changed` get something else under
    the draft. `rewarded`: receipts for which promotions give anything, `members`: their members; `bought` members in
    all, of whom `touched` get another worth. `gifts`: how often what is no money, by (promotion, kind). `quantiles`:
    what the draft adds for a member, by the share of members (ten-thousandths) who get no more. Worth is in millionths
    of a minor unit; `faces` says what a unit of a currency is worth, where it can be spent.
    """

    receipts: int
    turnover: int
    changed: int
    rewarded: Pair
    members: Pair
    bought: int
    touched: int
    sums: Sums
    gifts: Mapping[tuple[str, str], Pair]
    top: Sequence[Top]
    quantiles: Mapping[int, int]
    above_margin: int
    above_spend: int
    worst: Sequence[Alarm]
    budgets: Sequence[Spent]
    faces: Mapping[str, int]

    def worth(self, dimension: str) -> dict[str, Pair]:
        """The worth of everything along a dimension, by its keys."""
        return worth(self.sums.along(dimension), self.faces)

    def total(self) -> Pair:
        """The worth of everything."""
        return self.worth(TOTAL).get("", Pair(0, 0))

    def stored(self) -> dict[str, Any]:
        """As JSON keeps them."""
        return {
            "receipts": self.receipts,
            "turnover": self.turnover,
            "changed": self.changed,
            "rewarded": self.rewarded,
            "members": self.members,
            "bought": self.bought,
            "touched": self.touched,
            "sums": self.sums.stored(),
            "gifts": [[*about, *both] for about, both in self.gifts.items()],
            "top": self.top,
            "quantiles": list(self.quantiles.items()),
            "above_margin": self.above_margin,
            "above_spend": self.above_spend,
            "worst": self.worst,
            "budgets": [[*one[:3], one.gone_on and one.gone_on.isoformat()] for one in self.budgets],
            "faces": dict(self.faces),
        }


def taken(tally: Tally) -> Figures:
    """The figures of a tally as it stands."""
    return Figures(
        receipts=tally.receipts,
        turnover=tally.turnover,
        changed=tally.changed,
        rewarded=Pair(*tally.rewarded),
        members=tally.members(),
        bought=len(tally.people),
        touched=tally.people.touched(),
        sums=tally.sums,
        gifts={about: Pair(*both) for about, both in sorted(tally.gifts.items())},
        top=tally.people.top(),
        quantiles=tally.people.quantiles(),
        above_margin=tally.alarms.above_margin,
        above_spend=tally.alarms.above_spend,
        worst=tally.alarms.worst(),
        budgets=tally.draft.budgets.spent(),
        faces=tally.faces,
    )


def read(stored: Mapping[str, Any]) -> Figures:
    """The figures as they were stored."""
    return Figures(
        receipts=stored["receipts"],
        turnover=stored["turnover"],
        changed=stored["changed"],
        rewarded=Pair(*stored["rewarded"]),
        members=Pair(*stored["members"]),
        bought=stored["bought"],
        touched=stored["touched"],
        sums=Sums.read(stored["sums"]),
        gifts={(promotion, kind): Pair(*both) for promotion, kind, *both in stored["gifts"]},
        top=[Top(*one) for one in stored["top"]],
        quantiles=dict(stored["quantiles"]),
        above_margin=stored["above_margin"],
        above_spend=stored["above_spend"],
        worst=[Alarm(*one) for one in stored["worst"]],
        budgets=[_spent(*one) for one in stored["budgets"]],
        faces=stored["faces"],
    )


def _spent(counter: str, limit: int, used: int, gone_on: str | None) -> Spent:
    return Spent(counter, limit, used, dt.date.fromisoformat(gone_on) if gone_on else None)
