"""What recording would book of an award: who pays for it, whether the program has what it names, what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from coalition.insight.backtests.playing import FOR_TIERS, Legs
from coalition.insight.backtests.seen import DISCOUNTS, E6, Seen, face_e6
from coalition.programs import Policies
from coalition.promotions import Rehearsal
from coalition.promotions.granting import Seller, legs, legs_of


class Payers:
    """Who pays for the promotions of a ruleset, by the seller; sellers are met before they are asked for."""

    def __init__(self, rules: Rehearsal) -> None:
        self._sponsors = {code: document.get("sponsor") for code, document in rules.documents.items()}
        self._known: dict[tuple[str, int, int], Legs] = {}
        self._met: set[Seller] = set()

    def meet(self, sellers: Iterable[Seller]) -> None:
        """Look up who pays where these sell."""
        for seller in sorted(set(sellers) - self._met, key=lambda one: (one.partner_id, one.entity_id)):
            self._known[FOR_TIERS, seller.partner_id, seller.entity_id] = legs_of({"counts": "tier"}, None, seller)
            for code, sponsor in self._sponsors.items():
                self._known[code, seller.partner_id, seller.entity_id] = legs(sponsor, seller)
            self._met.add(seller)

    def __call__(self, promotion: str, seen: Seen) -> Legs:
        """The legal entities that pay for a promotion's award on a receipt (or FOR_TIERS), with their weights."""
        return self._known[promotion, seen.partner_id, seen.entity_id]


class Books:
    """Whether a program has the currency and the promo account that a credit names; else recording grants nothing."""

    def __init__(self, policies: Policies) -> None:
        self._currencies = {one.code for one in policies.currencies.values()}
        self._accounts = {one.code for one in policies.promo_accounts.values()} | {None}

    def __call__(self, effect: Mapping[str, Any]) -> bool:
        """Whether the credit can be booked."""
        return effect["currency"] in self._currencies and effect.get("account") in self._accounts


def faces(policies: Policies) -> dict[str, int]:
    """What a unit of each currency that can be spent is worth, and a minor unit that a discount takes off."""
    known = policies.currencies.values()
    return {one.code: face_e6(one.face_minor) for one in known if one.spendable} | {DISCOUNTS: E6}
