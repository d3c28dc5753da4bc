"""Enriching what happened by what the platform knows: products from assortments, members from their own rows.

A batch costs one statement for the products of a partner, and one for each kind of facts that its promotions ask of
members, however many purchases and promotions there are. Rooms that know more of members contribute it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from coalition import members, partners
from coalition.promotions.granting.asking import Asked, asked
from coalition.promotions.granting.happening import Event, Happening, event
from coalition.promotions.publishing import Rehearsal, Ruleset

# By the name of a member's fact: a program and its members to the fact of each member that has it.
Contribution = Callable[[int, Collection[int]], Mapping[int, Any]]
Products = dict[int, dict[str, partners.Product]]  # by partner and SKU
_KEPT = 100_000
_contributions: dict[str, Contribution] = {}


def contributes(name: str) -> Callable[[Contribution], Contribution]:
    """Let a function tell the fact `member.<name>` (progress, segments, attrs, ...), where a ruleset asks for it."""

    def register(function: Contribution) -> Contribution:
        _contributions[name] = function
        return function

    return register


def enriched(
    ruleset: Ruleset | Rehearsal,
    batch: Sequence[Happening],
    own: Sequence[Mapping[str, Any]] = (),
    *,
    tz: str | None = None,
    known: Products | None = None,
) -> list[Event]:
    """The engine's events of a batch, in its order.

    `own`: what is known of each one's member beforehand, by name; it is not asked for again. `tz`: the zone of what
    happens nowhere. `known`: the products that the batches before have asked for, kept for those to come.
    """
    wanted = asked(ruleset)
    products = _products(batch, {} if known is None else known)
    facts = _members(batch[0].partner.program_id, batch, wanted) if batch else {}
    return [
        event(
            one,
            products[one.partner.id],
            _at(one, facts.get(one.member_id, {})) | dict(own[place] if own else {}),
            tz=tz,
        )
        for place, one in enumerate(batch)
    ]


def _products(batch: Sequence[Happening], known: Products) -> Products:
    skus: dict[int, set[str]] = defaultdict(set)
    for one in batch:
        skus[one.partner.id] |= one.skus
    for partner_id, wanted in sorted(skus.items()):
        learn(partner_id, wanted, known)
    return known


def learn(partner_id: int, skus: Collection[str], known: Products) -> Mapping[str, partners.Product]:
    """A partner's products by SKU, as `known`; those that nobody has asked for yet are read, in one statement."""
    of_partner = known.setdefault(partner_id, {})
    if len(of_partner) > _KEPT:
        of_partner.clear()
    if missing := set(skus) - of_partner.keys():
        of_partner |= dict.fromkeys(missing, partners.NO_PRODUCT) | partners.products(partner_id, missing)
    return of_partner


def _members(program_id: int, batch: Sequence[Happening], wanted: Asked) -> dict[int, dict[str, Any]]:
    ids = sorted({one.member_id for one in batch})
    found: dict[int, dict[str, Any]] = {member_id: {} for member_id in ids}
    if wanted.traits:
        for member_id, one in members.traits(ids).items():
            household = {"household": f"family:{one.family_id}"} if one.family_id else {}
            birthday = {"birth_md": one.birth_md} if one.birth_md else {}
            found[member_id] |= {"enrolled_at": one.enrolled_at, "locale": one.locale, **household, **birthday}
    for name in sorted(wanted.facts & _contributions.keys()):
        for member_id, fact in _contributions[name](program_id, ids).items():
            found[member_id][name] = fact
    return found


def _at(one: Happening, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The member's facts as of the instant."""
    found = dict(facts)
    enrolled_at: dt.datetime | None = found.pop("enrolled_at", None)
    if enrolled_at is not None:
        found["enrolled_days"] = max((one.occurred_at - enrolled_at).days, 0)
    return found
