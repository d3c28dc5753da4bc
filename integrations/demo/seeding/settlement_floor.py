"""The agreements of the demo: one partner pays when it issues, one when members redeem, one both; suppliers invoice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D

from coalition import partners
from integrations.demo.seeding.partners_side import Made
from settlement import reconciliation, statements, terms
from settlement.reconciliation import Opening
from settlement.statements import Sought

_VAT = D("0.21")
_SINCE = dt.date(2020, 1, 1)
_EVERY = 200
_PROMPT, _UNHAPPY = "petrogo", "homeline"
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


def answer(made: Made) -> None:
    """What partners said to their statements: the older are agreed, of the latest one is disputed and one waits."""
    finance = f"user:{made.staff_ids['finance']}"
    for code, partner in made.shops.items():
        entities = [entity.id for entity in partners.entities_of(partner.id)]
        found = statements.find(Sought(made.program.id, entities), None, _EVERY).items
        for place, statement in enumerate(found):
            statements.send(statement.id, finance)
            if place or code == _PROMPT:
                statements.agree(statement.id, f"partner:{partner.id}")
        if code == _UNHAPPY and found:
            _dispute(found[0])


def _dispute(statement: statements.Statement) -> None:
    entries, _ = statements.entries(statement, None, 200)
    redeemed = next((entry for entry in entries if entry.code == "redeemed"), None)
    said = "The till gave these points back on the same day; see our slip."
    documents = statements.documents([statement.id])[statement.id]
    document = next((one.id for one in documents if redeemed and one.kind == redeemed.document), None)
    movement = redeemed.movement_id if redeemed else None
    opening = Opening("demo-1", said, reason="points", movement_id=movement, document_id=document)
    dispute, _ = reconciliation.open_dispute(statement.id, opening)
    reconciliation.comment(dispute, "operator", "We have asked the shop for its journal.")


def agree_with_redeemer(entity_id: int) -> None:
    """An entity that only redeems: a charity, a foreign program."""
    terms.agree(entity_id, REDEEMER, starts_on=_SINCE)


def agree_with_supplier(entity_id: int) -> None:
    """An entity that only supplies: its consignments have their own prices."""
    terms.agree(entity_id, SUPPLIER, starts_on=_SINCE)
