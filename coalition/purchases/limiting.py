"""Awards within the limits of their funders: what a funder's limit does not carry is not granted, and said so.

The purchase or event is recorded all the same: it happened. Costs no statement where no funder has a limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coalition import promotions
from coalition.kernel.money import largest_remainder
from coalition.ledger import Operation
from coalition.partners import exposure
from coalition.partners.exposure import Declined, Wanted
from coalition.purchases.counter import Counter

_KEYED = Operation.PURCHASE


@dataclass(frozen=True, slots=True)
class Claim:
    """An award that is to be granted at the cost of `payer_id`, under its business key."""

    payer_id: int
    external_id: str
    no: int
    award: promotions.Award


def within(at: Counter, operation: int, claims: Sequence[Claim]) -> list[promotions.Award | None]:
    """The awards as they may be granted, in order: whole, cut to what still fits, or None where nothing does."""
    if not at.limits:
        return [one.award for one in claims]
    wanted = [
        Wanted(
            one.payer_id,
            one.external_id,
            one.no,
            one.award.units,
            one.award.rule.currency_id,
            at.currencies[one.award.rule.currency_id].decimals,
            one.award.rule.code,
        )
        for one in claims
    ]
    granted = exposure.admit(at.limits, at.partner.id, operation, wanted)
    return [_cut(one.award, units) for one, units in zip(claims, granted, strict=True)]


def declined(at: Counter, external_id: str) -> tuple[Declined, ...]:
    """What of a purchase's awards exceeded the limit of its funder."""
    return tuple(exposure.declined(at.partner.id, _KEYED, external_id)) if at.limits else ()


def give_back(at: Counter, payer_id: int, external_id: str, no: int, *, units: int, key: str) -> None:
    """Free what `units` of a purchase's award used, that were taken back by the return `key`."""
    if units and payer_id in at.limits:
        exposure.give_back(at.partner.id, _KEYED, external_id, no, units=units, key=key)


def _cut(award: promotions.Award, units: int) -> promotions.Award | None:
    if units == award.units:
        return award
    if not units:
        return None
    shares = largest_remainder(units, list(award.lines.values())) if award.lines else []
    lines = {no: share for no, share in zip(award.lines, shares, strict=True) if share}
    return award._replace(units=units, lines=lines)
