"""Perks: what promotions grant members of the catalog. A personal price, or delivery for nothing.

Each promotion has a price rule of its own for each reward that it names, and one for delivery; a member has it by a
grant, as if staff had granted it. So budgets, the price book, quotes and "why this price" know perks already. The grant
is what all perks of the member that were not taken back come to: the latest end, and all their pieces together.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from catalog.pricing.ruling.rules import Rule, Terms, create_rule, rule
from coalition.kernel import clock, ids
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import NotFound
from coalition.members import survivor

OVERRIDE, DELIVERY = "price.override", "delivery.free"
_ENDLESS = dt.timedelta(days=3_660)
_NAME_MAX = 120
_REWARDS_MAX = 50
_KEEP = """
    INSERT INTO price_perk (cause, rule_id, member_id, value, valid_to, uses)
    VALUES (:cause, :rule_id, :member_id, :value, :valid_to, :uses) ON CONFLICT DO NOTHING"""
_SETTLE = """
    INSERT INTO price_grant AS g (member_id, rule_id, value, valid_to, uses)
    SELECT :member_id, :rule_id, (array_agg(value ORDER BY id DESC))[1], max(valid_to),
           CASE WHEN bool_and(uses IS NOT NULL) THEN sum(uses)::int END
      FROM price_perk WHERE member_id = :member_id AND rule_id = :rule_id AND withdrawn_at IS NULL
    HAVING max(valid_to) > now()
    ON CONFLICT (member_id, rule_id) DO UPDATE SET value = excluded.value, valid_to = excluded.valid_to,
        uses = CASE WHEN excluded.uses IS NOT NULL THEN greatest(excluded.uses, g.used) END"""
_OVER = """
    UPDATE price_grant SET valid_to = now()
     WHERE member_id = :member_id AND rule_id = :rule_id AND valid_to > now() AND NOT EXISTS (
           SELECT FROM price_perk p WHERE p.member_id = :member_id AND p.rule_id = :rule_id AND p.withdrawn_at IS NULL
              AND p.valid_to > now())"""
_END = """
    UPDATE price_perk SET withdrawn_at = now() WHERE cause = :cause AND withdrawn_at IS NULL
    RETURNING member_id, rule_id"""
_REWARDS = """
    SELECT r.id FROM reward r JOIN supplier_offers o ON o.offer_id = r.offer_id
     WHERE r.program_id = :program AND (r.id = :reward OR o.supplier_sku = :sku) ORDER BY r.id LIMIT :most"""


@dataclass(frozen=True, slots=True)
class Perk:
    """An effect of a promotion: by its `cause`, for whom, what, until when (None: ten years) and for how many pieces.

    `sku` is a reward by its id or its supplier's article, `price` in points.
    """

    program_id: int
    member_id: int
    cause: str
    kind: str
    promotion: str
    name_en: str
    name_ru: str
    until: dt.datetime | None = None
    uses: int | None = None
    sku: str | None = None
    price: int | None = None


def give_perk(perk: Perk) -> int:
    """Grant what a promotion gave; to how many rules. None where no such reward is sold, or its time is over.

    The same perk again changes nothing. Locks the grants.
    """
    until = perk.until or clock.now() + _ENDLESS
    if until <= clock.now():
        return 0
    member_id = survivor(perk.member_id)
    rules = [_rule(perk, reward_id) for reward_id in _about(perk)]
    for one in sorted(rules, key=lambda one: one.id):
        scope = {"rule_id": one.id, "member_id": member_id}
        value = perk.price if perk.kind == OVERRIDE else 0
        execute(_KEEP, {**scope, "cause": perk.cause, "value": value or 0, "valid_to": until, "uses": perk.uses})
        execute(_SETTLE, scope)
    return len(rules)


def end_perk(cause: str) -> int:
    """Take back what an effect granted; how many grants are less for it. What was bought with it stays bought."""
    ended = fetch_all(_END, {"cause": cause})
    for row in sorted(ended, key=lambda row: row.rule_id):
        scope = {"member_id": row.member_id, "rule_id": row.rule_id}
        execute(_SETTLE, scope)
        execute(_OVER, scope)
    return len(ended)


def _about(perk: Perk) -> list[int | None]:
    """The rewards that a perk is about; None stands for delivery."""
    if perk.kind == DELIVERY:
        return [None]
    sku = perk.sku or ""
    try:
        reward_id = ids.parse("rew", sku)
    except NotFound:
        reward_id = 0
    params = {"program": perk.program_id, "reward": reward_id, "sku": sku, "most": _REWARDS_MAX}
    return [row.id for row in fetch_all(_REWARDS, params)]


def _rule(perk: Perk, reward_id: int | None) -> Rule:
    """The promotion's rule for a reward, or for delivery; made when it is given for the first time."""
    digest = hashlib.sha256(f"{perk.promotion}|{perk.kind}|{reward_id}".encode()).hexdigest()
    code = f"promo-{digest[:24]}"
    try:
        return rule(perk.program_id, code)
    except NotFound:
        delivery = reward_id is None
        terms = Terms(
            name_en=perk.name_en[:_NAME_MAX],
            name_ru=perk.name_ru[:_NAME_MAX],
            effect="fixed",
            value=0 if delivery else perk.price or 0,
            scope="delivery" if delivery else "reward",
            scope_id=reward_id,
            floor_points=0 if delivery else 1,
            segment=None,
        )
        return create_rule(perk.program_id, code, terms)
