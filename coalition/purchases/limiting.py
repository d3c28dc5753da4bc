"""Awards within the limits of their funders: what a funder's limit does not carry is not granted, and said so.

The purchase or event is recorded all the same: it happened. Costs no statement where no funder has a limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from coalition.ledger import Operation
from coalition.partners import exposure
from coalition.partners.exposure import Declined, Wanted
from coalition.purchases.counter import Counter
from coalition.purchases.grants import Grant

_KEYED = Operation.PURCHASE
ALONE_MAX = 1_000  # the last number of an award by a base rule: only promotions have several who pay


@dataclass(frozen=True, slots=True)
class Claim:
    """A grant under its business key."""

    external_id: str
    no: int
    grant: Grant


def within(at: Counter, operation: int, claims: Sequence[Claim]) -> list[Grant | None]:
    """The grants as they may be made, in order: whole, cut to what still fits, or None where nothing does.

    What several pay for together is granted whole or not at all; points that count for a tier go with what they are
    given for.
    """
    if not at.limits:
        return [one.grant for one in claims]
    paid = [one for one in claims if not one.grant.counts]
    alone = [one for one in paid if len(one.grant.legs) == 1]
    wanted = [_wanted(at, one, one.grant.issuer_id) for one in alone]
    units = exposure.admit(at.limits, at.partner.id, operation, wanted)
    granted = {id(one): number for one, number in zip(alone, units, strict=True)}
    for one in paid:
        if id(one) not in granted:
            granted[id(one)] = _together(at, operation, one)
    for one in claims:
        if one.grant.counts:
            granted[id(one)] = _in_step(one, paid, granted)
    return [one.grant.cut(granted[id(one)]) for one in claims]


def lacking(no: int, asked: Grant, granted: Grant | None) -> Declined:
    """What of an award was not granted."""
    return Declined(no, asked.code, asked.currency_id, asked.units - (granted.units if granted else 0))


def declined(at: Counter, external_id: str) -> tuple[Declined, ...]:
    """What of a known purchase's awards exceeded the limit of its funder."""
    return tuple(exposure.declined(at.partner.id, _KEYED, external_id)) if at.limits else ()


def give_back(at: Counter, payer_id: int, external_id: str, no: int, *, units: int, key: str) -> None:
    """Free what `units` of a purchase's award used, that were taken back by the return `key`: of each who paid."""
    if units and (payer_id in at.limits or (at.limits and no > ALONE_MAX)):
        exposure.give_back(at.partner.id, _KEYED, external_id, no, units=units, key=key)


def _wanted(at: Counter, one: Claim, payer_id: int) -> Wanted:
    grant = one.grant
    whole = sum(weight for _, weight in grant.legs)
    share = Fraction(dict(grant.legs)[payer_id], whole)
    decimals = at.currencies[grant.currency_id].decimals
    return Wanted(payer_id, one.external_id, one.no, grant.units, grant.currency_id, decimals, grant.code, share)


def _in_step(one: Claim, paid: Sequence[Claim], granted: Mapping[int, int]) -> int:
    """What is left of points that count for a tier, where their funders let through a part of what they go with."""
    of = (one.external_id, one.grant.code, one.grant.effect)
    same = [other for other in paid if (other.external_id, other.grant.code, other.grant.effect) == of]
    asked = sum(other.grant.units for other in same)
    return one.grant.units * sum(granted[id(other)] for other in same) // asked if asked else one.grant.units


def _together(at: Counter, operation: int, one: Claim) -> int:
    """What several funders let through of a grant: all of it, or nothing and then every one of them notes it."""
    wanted = [_wanted(at, one, payer_id) for payer_id, _ in one.grant.legs if payer_id in at.limits]
    return exposure.admit_together(at.limits, at.partner.id, operation, wanted) if wanted else one.grant.units
