"""Limits follow agreements: what is in force today says how much its entity may fund before it has paid.

What a point counts is the most it can come to cost: issue, redemption and service price together, net of VAT. The
limit itself is kept where points are issued (`coalition.partners.exposure`), which knows nothing of agreements.
"""

from __future__ import annotations

from coalition import programs
from coalition.kernel import clock
from coalition.partners import exposure
from coalition.partners.exposure import Limit
from settlement.terms.agreements import Agreement, in_force

_MILLIONTHS = 6


def apply_limits(program_id: int) -> int:
    """Bring the limits of a program's entities in line with what is in force today; how many have changed."""
    program = programs.get(program_id)
    held = in_force(program_id, clock.local_date(clock.now(), program.zone))
    known, changed = exposure.limits(program_id), 0
    wanted = {one.legal_entity_id: limit for one in held.values() if (limit := _limit(one, program.currency_decimals))}
    for entity_id, limit in sorted(wanted.items()):
        if known.get(entity_id) != limit:
            exposure.set_limit(limit)
            changed += 1
    for entity_id in sorted(known.keys() - wanted.keys()):
        changed += exposure.lift(entity_id)
    return changed


def _limit(agreement: Agreement, decimals: int) -> Limit | None:
    """The limit that an agreement sets, None without one or where it funds no points."""
    kind = "credit" if agreement.credit_limit_minor is not None else "prefund"
    minor = agreement.credit_limit_minor if kind == "credit" else agreement.prefund_minor
    price = agreement.issue_price + agreement.redemption_price + agreement.service_price
    if minor is None or not price:
        return None
    cap, counted = minor * 10 ** (_MILLIONTHS - decimals), int(price.scaleb(_MILLIONTHS))
    return Limit(agreement.legal_entity_id, kind, agreement.over_limit, cap, counted)
