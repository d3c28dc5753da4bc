"""What paying and sending one reward would come to, for whoever only looks: nothing is written, nothing is promised."""

from __future__ import annotations

from catalog import rewards
from catalog.pricing.cashing import cash_terms
from catalog.pricing.delivering.carrying import Place
from catalog.pricing.delivering.sizes import volumes
from catalog.pricing.delivering.tariffs import ways
from catalog.pricing.lining import Budgets, delivered, lines_of
from catalog.pricing.personal.personalising import rules_of
from catalog.pricing.splitting import Share, cash_for
from catalog.pricing.types import DeliveryOption
from coalition import programs


def pay_examples(program_id: int, points: int, available: int | None = None) -> list[Share]:
    """A few ways to pay a price partly in money, the one with the most points first; none where points alone pay.

    `available` is what the payer has, None for somebody we do not know.
    """
    terms, (least, most) = cash_terms(program_id, points, 0)
    if terms is None or least >= points:
        return []
    face, step = programs.main_currency(program_id).face_minor, terms.points_step
    top = min(most, points - 1, points if available is None else available) // step * step
    if top < least:
        return []
    picked = sorted({top, (least + top) // 2 // step * step, least}, reverse=True)
    shares = [Share(one, cash_for(points, one, face)) for one in picked if one >= least]
    return [share for share in shares if share.cash_minor >= max(terms.cash_min_minor, 1)]


def ways_to(program_id: int, member_id: int | None, reward_id: int, place: Place) -> list[DeliveryOption]:
    """How one piece of a reward could be sent to a place and for how much, the cheapest first; none where it cannot.

    Raises NotFound.
    """
    reward = rewards.get(program_id, reward_id)
    rules = rules_of(program_id, member_id)
    budgets = Budgets.of(rules)
    lines = lines_of(program_id, rules, budgets, {reward_id: reward}, {reward_id: 1}, volumes([reward.offer_id]))
    (offered,) = ways(program_id, lines, place).values()
    return sorted((delivered(one, rules, budgets) for one in offered), key=lambda one: (one.points, one.code))
