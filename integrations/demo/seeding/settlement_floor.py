"""The agreements of the demo: one partner pays when it issues, one when members redeem, one both; suppliers invoice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D

from coalition import partners
from integrations.demo.seeding.partners_side import Made
from settlement import terms

_VAT = D("0.21")
_SINCE = dt.date(2020, 1, 1)
SUPPLIER = terms.Prices(vat_rate=_VAT)
REDEEMER = terms.Prices(redeemer_rate=D("0.0095"), vat_rate=_VAT)
_PRICES = {
    "freshmart": terms.Prices(
        funding_mode="on_issue",
        issue_price=D("0.0100"),
        service_price=D("0.0015"),
        redeemer_rate=D("0.0095"),
        breakage_share=D("0.50"),
        vat_rate=_VAT,
    ),
    "petrogo": terms.Prices(
        funding_mode="on_redeem",
        redemption_price=D("0.0100"),
        service_price=D("0.0010"),
        redeemer_rate=D("0.0095"),
        vat_rate=_VAT,
    ),
    "homeline": terms.Prices(
        funding_mode="hybrid",
        issue_price=D("0.0060"),
        redemption_price=D("0.0040"),
        service_price=D("0.0012"),
        redeemer_rate=D("0.0095"),
        vat_rate=_VAT,
    ),
}


def agree(made: Made) -> None:
    """Agreements with every partner that issues, in force since long ago."""
    for code, prices in _PRICES.items():
        entity = partners.entities_of(made.shops[code].id)[0]
        terms.agree(entity.id, prices, starts_on=_SINCE)


def agree_with_redeemer(entity_id: int) -> None:
    """An entity that only redeems: a charity, a foreign program."""
    terms.agree(entity_id, REDEEMER, starts_on=_SINCE)


def agree_with_supplier(entity_id: int) -> None:
    """An entity that only supplies: its consignments have their own prices."""
    terms.agree(entity_id, SUPPLIER, starts_on=_SINCE)
