"""Which charges are taxed: VAT profiles, as tables. Pure. No tax advice: courts and offices disagree.

`UK_SERVICE`: points are sold as a service, every charge is taxed (UKSC 2013, Nectar). `DE_THIRD_PARTY`: points are
third-party money: their sale is untaxed, the service fee is taxed, the redeemer's supply is taxed when points are
redeemed, and what is retained when they lapse becomes a fee and is taxed then (BFH V R 64/17). `NONE`: nothing is.
"""

from __future__ import annotations

from decimal import Decimal

from settlement.terms.agreements import Agreement

_UNTAXED = {
    "UK_SERVICE": frozenset[str](),
    "DE_THIRD_PARTY": frozenset({"issue_funding", "redemption_funding", "breakage", "breakage_untaxed"}),
}


def vat_rate(agreement: Agreement, code: str) -> Decimal:
    """The VAT rate of a charge (its `code`) under an agreement: 0.21 for 21 %, zero for what its profile leaves out."""
    untaxed = _UNTAXED.get(agreement.vat_profile)
    return Decimal(0) if untaxed is None or code in untaxed else agreement.vat_rate
