"""The lines of a quote: each at its member's price, as far as the budgets of its rules reach.

A use is a piece. Where a rule has fewer left than a line has pieces, or fewer points than it would take off, the line
gets the next best price without it; lines are served in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from catalog import rewards
from catalog.pricing.personal.applying import Applied, best, together
from catalog.pricing.personal.personalising import Price, prices
from catalog.pricing.types import DeliveryOption, QuotedLine, QuotedRule
from coalition.kernel.money import largest_remainder

DELIVERY = 0


@dataclass(slots=True)
class Budgets:
    """What rules still allow while a quote is made: pieces and points by rule; what has no limit is not in here."""

    pieces: dict[int, int]
    points: dict[int, int]
    taken: list[QuotedRule] = field(default_factory=list)

    @classmethod
    def of(cls, rules: Sequence[Applied]) -> Budgets:
        """Everything that these rules have left."""
        return cls(
            {rule.rule_id: rule.pieces_left for rule in rules if rule.pieces_left is not None},
            {rule.rule_id: rule.points_left for rule in rules if rule.points_left is not None},
        )

    def short(self, wanted: Sequence[QuotedRule]) -> set[int]:
        """The rules that have too little left for this."""
        return {
            one.rule_id
            for one in wanted
            if self.pieces.get(one.rule_id, one.pieces) < one.pieces
            or self.points.get(one.rule_id, one.points) < one.points
        }

    def take(self, wanted: Sequence[QuotedRule]) -> None:
        """Use it up and remember it."""
        self.taken.extend(wanted)
        for one in wanted:
            for left, amount in ((self.pieces, one.pieces), (self.points, one.points)):
                if one.rule_id in left:
                    left[one.rule_id] -= amount


def lines_of(
    program_id: int,
    rules: Sequence[Applied],
    budgets: Budgets,
    found: Mapping[int, rewards.Reward],
    wanted: Mapping[int, int],
    volumes: Mapping[int, int],
) -> tuple[QuotedLine, ...]:
    """The lines for so many pieces of each reward; `volumes` are cubic centimetres by offer, where they are known."""
    asked = prices(program_id, rules, list(wanted))

    def priced(reward_id: int, able: Sequence[Applied]) -> Price:
        return asked[reward_id] if len(able) == len(rules) else prices(program_id, able, [reward_id])[reward_id]

    lines = []
    for no, (reward_id, qty) in enumerate(wanted.items(), 1):
        price = _afforded(budgets, no, qty, rules, partial(priced, reward_id))
        lines.append(_line(no, found[reward_id], qty, price, volumes.get(found[reward_id].offer_id)))
    return tuple(lines)


def delivered(option: DeliveryOption, rules: Sequence[Applied], budgets: Budgets) -> DeliveryOption:
    """The option at its member's price, under the rules about delivery; what the supplier is owed stays."""

    def priced(able: Sequence[Applied]) -> Price:
        points, made_by = best(option.points, able)
        return Price(points, option.points, made_by)

    about = [rule for rule in rules if rule.scope == "delivery"]
    price = _afforded(budgets, DELIVERY, 1, about, priced)
    return replace(option, points=price.points, base_points=option.points) if price.rules else option


def _afforded(
    budgets: Budgets, no: int, qty: int, rules: Sequence[Applied], priced: Callable[[Sequence[Applied]], Price]
) -> Price:
    """The lowest price that the budgets pay for, which it uses up."""
    able = list(rules)
    while True:
        price = priced(able)
        uses = _uses(no, qty, price)
        short = budgets.short(uses)
        if not short:
            budgets.take(uses)
            return price
        able = [rule for rule in able if rule.rule_id not in short]


def _uses(no: int, qty: int, price: Price) -> list[QuotedRule]:
    """What each rule of a price takes off a line: all that it is lower, shared by what each would take off alone."""
    if not price.rules:
        return []
    base = price.base_points
    shares = largest_remainder(qty * (base - price.points), [base - together(base, [rule]) for rule in price.rules])
    return [
        QuotedRule(no, rule.rule_id, rule.version, rule.granted, qty, points)
        for rule, points in zip(price.rules, shares, strict=True)
    ]


def _line(no: int, reward: rewards.Reward, qty: int, price: Price, volume_cm3: int | None) -> QuotedLine:
    return QuotedLine(
        no=no,
        supplier_id=reward.supplier_id,
        electronic=reward.electronic,
        reward_id=reward.id,
        offer_id=reward.offer_id,
        supplier_sku=reward.supplier_sku,
        title_en=reward.title_en,
        title_ru=reward.title_ru,
        artwork=reward.artwork,
        qty=qty,
        unit_points=price.points,
        unit_cost_minor=reward.cost_minor,
        cost_currency=reward.cost_currency,
        base_points=price.base_points,
        rule_id=price.rule_id,
        rule_version=price.rule_version,
        weight_g=reward.weight_g,
        volume_cm3=volume_cm3,
        kind=reward.kind,
    )
