"""What returns take of points that a promotion gave: in proportion, by evaluating anew, or nothing.

In proportion is what `clawing` says. A promotion that is evaluated anew (`reevaluate`) runs once more, in the version
that gave the points, on what is left of the purchase, as of its time and with the counters from before it, beside the
discounts and the base credits of the others: what it gave beyond that goes back. Never more than it gave, and all of it
once nothing is left. Source: design of promotions, 3.6; vector V11. Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalition import promotions
from coalition.kernel.db import raw
from coalition.kernel.money import largest_remainder
from coalition.promotions import engine, granting
from coalition.promotions.engine.taking_back import remaining
from coalition.promotions.engine.terms import CREDITS, MONEY
from coalition.promotions.granting import Evaluation, keeping
from coalition.purchases.counter import Counter
from coalition.purchases.receipts import Line
from coalition.purchases.returning.bought import Granted
from coalition.purchases.returning.planning import Plan

REEVALUATE, NONE = "reevaluate", "none"
_LINES = """
    SELECT purchase_id, no, amount_minor, qty_m, price_minor, sku, name, category FROM purchase_line
     WHERE purchase_id = ANY(%s) ORDER BY purchase_id, no"""
_TAKEN = "SELECT purchase_id, award_no, sum(units)::bigint FROM return_effect WHERE purchase_id = ANY(%s) GROUP BY 1, 2"


@dataclass(slots=True)
class Takings:
    """What returns of a batch take of awards by promotions; `taken` is what was taken of each award so far."""

    at: Counter
    evaluations: Mapping[int, Evaluation]
    lines: defaultdict[int, list[Line]] = field(default_factory=lambda: defaultdict(list))
    taken: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))

    def of(self, plan: Plan, granted: Granted) -> dict[int, int]:
        """The units that a return takes of an award, by line."""
        if granted.returns == NONE:
            return {}
        if granted.returns != REEVALUATE:
            return plan.clawed(granted)
        key = (plan.bought.id, granted.award.no)
        units = max(granted.award.units - self._anew(plan, granted) - self.taken[key], 0)
        self.taken[key] += units
        return _over_lines(units, plan, granted)

    def _anew(self, plan: Plan, granted: Granted) -> int:
        """What the promotion would give for what is left after this return."""
        own = (granted.award.promotion, granted.effect, self.at.currencies[granted.award.currency_id].code)
        given = [one for one in self.left(plan, granted.award.promotion) if one["kind"] in MONEY]
        return sum(one["units"] for one in given if (one["promotion"], one["effect"], one["currency"]) == own)

    def left(self, plan: Plan, promotion: str) -> Sequence[Mapping[str, Any]]:
        """The effects that a promotion would have for what is left after this return, beside discounts of others."""
        of, evaluation = plan.bought, self.evaluations.get(plan.bought.id)
        if evaluation is None or all(plan.returned[no] == line.sold for no, line in of.lines.items()):
            return ()
        ruleset = promotions.kept_ruleset(evaluation.ruleset_id)
        asked = {promotion, *(one.promotion for one in of.discounts)}
        known = [one for one in ruleset.promotions if one.id in asked]
        event = _left(evaluation.event(self.lines[of.id]), plan)
        base = self._base_left(plan, promotion, ruleset, whole="lines" not in event["payload"])
        off = bool(of.discounts)
        return engine.run(ruleset.program, known, event, evaluation.before, base=base, discounts=off).effects

    def read_lines(self, purchase_ids: Collection[int]) -> None:
        """Read what these purchases consisted of, where that is not known yet."""
        if missing := sorted(set(purchase_ids) - self.lines.keys()):
            for purchase_id, *line in raw().execute(_LINES.encode(), (missing,)):
                self.lines[purchase_id].append(Line(*line))

    def _base_left(
        self, plan: Plan, promotion: str, ruleset: promotions.Ruleset, *, whole: bool
    ) -> list[tuple[str, dict[int, int]]]:
        """The base credits that are left after this return, as the engine takes them; not those of the promotion that
        is asked: it grants them anew.
        """
        bases = {
            (one.id, effect.index, effect.currency)
            for one in ruleset.promotions
            if one.id != promotion
            for effect in one.effects
            if effect.base and effect.phase == CREDITS
        }
        found: dict[str, dict[int, int]] = defaultdict(dict)
        for one in plan.bought.awards:
            code = self.at.currencies[one.award.currency_id].code
            if one.effect is None or (one.award.promotion, one.effect, code) in bases:
                lines = found[code]
                for text, units in one.award.lines.items():
                    no, sold = int(text), plan.bought.lines[int(text)].sold
                    left = units - units * plan.returned[no] // sold
                    lines[0 if whole else no] = lines.get(0 if whole else no, 0) + left
        return list(found.items())


def takings(at: Counter, plans: Sequence[Plan]) -> Takings:
    """What is to be known of the purchases that come back; statements only where a promotion gave them something."""
    known = (
        promotions.ruleset(at.program.id) is not None
    )  # or not yet: another process may just have published the first
    asked = {one.bought.id for one in plans if known or any(award.effect is not None for award in one.bought.awards)}
    anew = {one.bought.id for one in plans if any(award.returns == REEVALUATE for award in one.bought.awards)}
    evaluations = keeping.read(granting.PURCHASE, asked)
    found = Takings(at, evaluations)
    if anew:
        found.read_lines(anew)
        for purchase_id, no, units in raw().execute(_TAKEN.encode(), (sorted(anew),)):
            found.taken[purchase_id, no] = units
    return found


def _left(event: granting.Event, plan: Plan) -> dict[str, Any]:
    """The event without what has come back; what points paid of it has come back in proportion."""
    payload, of = event["payload"], plan.bought
    paid = sum(share - share * plan.returned[no] // of.lines[no].sold for no, share in of.paid_by_points.items())
    if "lines" in payload:
        returned = {no: parts for no, parts in plan.returned.items() if parts}
        found = remaining(event, returned)
        return {**found, "payload": {**found["payload"], "points_paid": paid}}
    back = sum(line.amount * plan.returned[no] // line.sold for no, line in of.lines.items())
    return {**event, "payload": {**payload, "amount": payload["amount"] - back, "points_paid": paid}}


def _over_lines(units: int, plan: Plan, granted: Granted) -> dict[int, int]:
    """What is taken, over the lines that came back, by what the award had of them."""
    if not units:
        return {}
    numbers = [cut.no for cut in plan.stretches]
    weights = [granted.award.lines.get(str(no), 0) for no in numbers]
    parts = largest_remainder(units, weights)
    return {no: part for no, part in zip(numbers, parts, strict=True) if part}
