"""How much a return of a part takes back of the progress and the tickets that its purchase brought.

Of what an effect had counted (pieces, days and visits by the quantity of its lines, money by what they earned on,
points by the points of the purchase) returns take the share that has come back, rounded down over all of them together:
what counts one, like a visit, goes only with the last of it. A promotion that is evaluated anew takes what it would not
bring for what is left. What followed from something that was complete or won goes with the whole purchase alone.
Source: design of promotions, 3.6. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coalition import promotions
from coalition.kernel.db import raw
from coalition.promotions import engine, holdings
from coalition.promotions.engine.terms import Effect, Promotion
from coalition.promotions.granting import Evaluation
from coalition.promotions.holdings import Part, Raised
from coalition.purchases.returning.planning import Plan
from coalition.purchases.returning.reevaluating import NONE, REEVALUATE, Takings
from coalition.purchases.returning.undoing import Made

_TAKEN = "SELECT award_no, sum(units)::bigint FROM return_effect WHERE purchase_id = %s GROUP BY 1"
_COUNTED = {"progress.add": "delta", "draw.enter": "tickets"}


def parts_of_progress(known: Takings, made: Made) -> dict[int, Part]:
    """What these returns take back of effects, by their numbers; what they take of awards is written already."""
    last = {plan.bought.id: (return_id, plan) for return_id, plan in made if plan.bought.id in known.evaluations}
    found = {}
    effects = holdings.raised(last)
    known.read_lines({one.purchase_id for one in effects})
    for one in effects:
        return_id, plan = last[one.purchase_id]
        back = _back(known, plan, known.evaluations[one.purchase_id], one)
        if back > one.taken:
            found[one.id] = Part(return_id, back - one.taken)
    return found


def _back(known: Takings, plan: Plan, evaluation: Evaluation, of: Raised) -> int:
    """What all returns together take of what an effect brought."""
    kept = promotions.kept_ruleset(evaluation.ruleset_id).promotions
    promotion = next((one for one in kept if one.id == of.promotion), None)
    effect = next((one for one in promotion.effects if one.index == of.index), None) if promotion else None
    if promotion is None or effect is None or effect.kind != of.kind or promotion.returns == NONE:
        return 0
    if promotion.returns == REEVALUATE:
        told = [one for one in known.left(plan, promotion.id) if (one["kind"], one["effect"]) == (of.kind, of.index)]
        told = [one for one in told if one["promotion"] == promotion.id]
        if not told or _step(effect) != "points":
            left: int = sum(one[_COUNTED[of.kind]] for one in told)
            return max(of.by - left, 0)
    returned, whole = _share(known, plan, evaluation, promotion, effect)
    return of.by * returned // whole if whole else 0


def _step(effect: Effect) -> str:
    """What an effect counts."""
    if effect.kind == "draw.enter":
        return "amount" if effect.raw.get("each") else "event"
    return str((effect.raw.get("by") or {}).get("type", "event"))


def _share(known: Takings, plan: Plan, evaluation: Evaluation, promotion: Promotion, effect: Effect) -> tuple[int, int]:
    """How much of what an effect had counted has come back, and how much it was."""
    step, of = _step(effect), plan.bought
    if step == "points":
        return _points(known, plan, effect.raw["by"].get("currency"))
    ruleset, event = promotions.kept_ruleset(evaluation.ruleset_id), evaluation.event(known.lines[of.id])
    numbers: Sequence[int] = list(of.lines)
    weights: Mapping[int, int] = of.bases
    if "lines" in event["payload"]:
        numbers = [line["no"] for line in effect.where.of(engine.facts_of(ruleset.program, event))]
        if step == "amount":
            off = {one.promotion for one in of.discounts}
            cutting = [one for one in ruleset.promotions if one.id in off]
            weights = engine.earning_bases(ruleset.program, cutting, event, evaluation.before, discounts=bool(off))
    if step != "amount":
        weights = {no: line.sold for no, line in of.lines.items()}
    back = sum(weights[no] * plan.returned[no] // of.lines[no].sold for no in numbers)
    return back, sum(weights[no] for no in numbers)


def _points(known: Takings, plan: Plan, currency: str | None) -> tuple[int, int]:
    """How many points of a purchase returns have taken back, and how many there were; of one currency, or of all."""
    codes = known.at.currencies
    taken = dict(raw().execute(_TAKEN.encode(), (plan.bought.id,)).fetchall())
    awards = [one.award for one in plan.bought.awards if currency in (None, codes[one.award.currency_id].code)]
    return sum(taken.get(one.no, 0) for one in awards), sum(one.units for one in awards)
