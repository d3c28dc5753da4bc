"""Who pays for what a promotion gives: the legs of the funding, out of the sponsor that its document names.

`{"partner": code, "share_bp": 6000}` is paid by the partner's first legal entity (or, in its own outlets, by the one
that sells there), the rest by the operator; a list names several with their weights; `"operator"` pays alone. Where
nobody is named, the seller pays, as for base rules. Points that only count for a tier are the operator's: they buy
nothing, so nobody is charged for them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coalition import partners
from coalition.kernel.remembering import Remembered

OPERATOR = "operator"
_WHOLE_BP = 10_000
_FRESH_S = 10.0
_memory = Remembered[dict[tuple[int, str], tuple[float, int, int]]](dict)

Legs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Seller:
    """Where something was bought: the partner and the legal entity that sells there."""

    program_id: int
    partner_id: int
    entity_id: int


def legs(sponsor: Any, seller: Seller) -> Legs:
    """Who pays, as (legal entity, weight): the greatest weight first; equal ones in the sponsor's order."""
    weights: dict[int, int] = {}
    for code, weight in _named(sponsor):
        entity_id = _entity(code, seller)
        weights[entity_id] = weights.get(entity_id, 0) + weight
    if not weights:
        return ((seller.entity_id, 1),)
    return tuple(sorted(weights.items(), key=lambda leg: -leg[1]))


def legs_of(effect: Mapping[str, Any], sponsor: Any, seller: Seller) -> Legs:
    """Who pays for an effect of a promotion with this sponsor."""
    return legs(OPERATOR if effect.get("counts") else sponsor, seller)


def _named(sponsor: Any) -> Iterator[tuple[str, int]]:
    if sponsor == OPERATOR:
        yield OPERATOR, 1
    elif isinstance(sponsor, list):
        for one in sponsor:
            named = OPERATOR if one == OPERATOR else one.get("partner") or OPERATOR
            weight = 1 if one == OPERATOR else one.get("share_bp", one.get("weight", 1))
            if weight > 0:
                yield named, weight
    elif sponsor:
        share = min(sponsor.get("share_bp", _WHOLE_BP), _WHOLE_BP)
        if share > 0:
            yield sponsor.get("partner") or OPERATOR, share
        if share < _WHOLE_BP:
            yield OPERATOR, _WHOLE_BP - share


def _entity(code: str, seller: Seller) -> int:
    """The legal entity of a partner, at most ten seconds old. NotFound for no partner."""
    memory = _memory()
    read_at, partner_id, entity_id = memory.get((seller.program_id, code), (0.0, 0, 0))
    if not read_at or time.monotonic() - read_at > _FRESH_S:
        if code == OPERATOR:
            entity = partners.operator_entity(seller.program_id)
        else:
            entity = partners.entities_of(partners.by_code(seller.program_id, code).id)[0]
        partner_id, entity_id = entity.partner_id, entity.id
        memory[seller.program_id, code] = (time.monotonic(), partner_id, entity_id)
    return seller.entity_id if partner_id == seller.partner_id else entity_id
