"""What an invoice says, apart from how it is written down: parties, lines, VAT category and totals. Pure.

A statement's document becomes one invoice. Its seller is who is paid for it: the operator for points funded, the
entity for points spent at it and for what it supplied. Nothing is computed anew: net, VAT and gross are the document's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from coalition.kernel.errors import FieldError, Invalid
from settlement.statements import Document, Line

INVOICE, CREDIT_NOTE, SELF_BILLED, SELF_BILLED_CREDIT = "380", "381", "389", "261"
# The operator writes all of them; what an entity sells it bills in the entity's name, as agreed (self-billing).
_SOLD_BY_ENTITY = frozenset({"redeemer_invoice", "redeemer_credit", "supplier_invoice"})
_CREDITING = frozenset({"credit_note", "adjustment"})  # positive is what the seller gives back
_MOST_DECIMALS = 2  # EN 16931, BR-DEC: amounts have at most two decimals
_NAMES = {
    "issue_funding": "Loyalty points issued",
    "service_fee": "Service fee on points issued",
    "redemption_funding": "Loyalty points redeemed out of those funded",
    "redeemed": "Loyalty points redeemed at the seller",
    "breakage": "Share of expired loyalty points",
    "supplied": "Rewards supplied",
    "delivery": "Delivery of rewards",
    "taken_back": "Rewards taken back",
    "breakage_taxed": "Fee on expired loyalty points",
    "breakage_untaxed": "Expired loyalty points, no longer untaxed",
    "adjustment": "Adjustment",
}


@dataclass(frozen=True, slots=True)
class Party:
    """A legal entity as an invoice names it: `country` is ISO 3166 alpha-2, `tax_id` its number for VAT or of its tax
    office."""

    name: str
    country: str
    tax_id: str


@dataclass(frozen=True, slots=True)
class Item:
    """A line: `quantity` whole points (or one piece of money as it stands) at `unit_price` each, `net_minor` rounded
    half up. The price is never negative: what goes back has a negative quantity."""

    name: str
    quantity: Decimal
    unit_price: Decimal
    net_minor: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice or credit note, all amounts as they are printed on it: what is credited stands without a minus.

    `category` is UNCL 5305: S standard rate, Z zero rate, E exempt, O not subject to VAT. `vat_rate` 0.21 is 21 %.
    """

    number: str
    type_code: str
    issued_on: dt.date
    starts_on: dt.date
    ends_on: dt.date
    statement_number: str
    currency: str
    decimals: int
    seller: Party
    buyer: Party
    category: str
    vat_rate: Decimal
    items: tuple[Item, ...]
    net_minor: int
    vat_minor: int

    @property
    def gross_minor(self) -> int:
        """Net and VAT."""
        return self.net_minor + self.vat_minor

    @property
    def credits(self) -> bool:
        """Whether it is a credit note."""
        return self.type_code in (CREDIT_NOTE, SELF_BILLED_CREDIT)


def sold_by_operator(document: Document) -> bool:
    """Whether the operator is the seller of an entity's document; else the entity itself is."""
    return document.kind not in _SOLD_BY_ENTITY


def type_code(document: Document) -> str:
    """The document's type (UNCL 1001). One that came out negative turns from an invoice to a credit note or back."""
    credit = (document.kind in _CREDITING) != (document.net_minor < 0)
    if document.kind in _SOLD_BY_ENTITY:
        return SELF_BILLED_CREDIT if credit else SELF_BILLED
    return CREDIT_NOTE if credit else INVOICE


def category(document: Document, profiles: Mapping[int, str]) -> str:
    """The VAT category, from the rate and the VAT profiles of the agreements (by id) behind the lines.

    Untaxed is: out of scope without a profile, exempt where VAT falls due at another moment, else zero-rated. `O` may
    not stand beside another category in one document (BR-O-11), so where they meet both are exempt.
    """
    if document.vat_rate > 0:
        return "S"
    known = {profiles.get(line.agreement_id, "NONE") for line in document.lines}
    if known <= {"NONE"}:
        return "O"
    return "Z" if known == {"UK_SERVICE"} else "E"


def items(document: Document, points_decimals: Mapping[int, int], decimals: int) -> tuple[Item, ...]:
    """The lines, with the sign turned if the document as a whole is negative."""
    turn = -1 if document.net_minor < 0 else 1
    return tuple(_item(line, turn, points_decimals, decimals) for line in document.lines)


def check_parties(seller: Party, buyer: Party, decimals: int) -> None:
    """Raise Invalid `invoice_data_missing` if an invoice between these cannot be written, pointing at what lacks."""
    wrong: list[FieldError] = []
    for role, party in (("seller", seller), ("buyer", buyer)):
        for field in ("name", "country", "tax_id"):
            if not getattr(party, field).strip():
                detail = f"The {role} has no {field.replace('_', ' ')}."
                wrong.append(FieldError(f"/parties/{role}/{field}", "required", detail))
    if decimals > _MOST_DECIMALS:
        detail = "EN 16931 knows amounts of at most two decimals."
        wrong.append(FieldError("/currency", "unsupported", detail))
    if wrong:
        names = "; ".join(problem.detail for problem in wrong)
        raise Invalid("invoice_data_missing", f"This invoice cannot be written: {names}", wrong)


def _item(line: Line, turn: int, points_decimals: Mapping[int, int], decimals: int) -> Item:
    name, net = _NAMES.get(line.code, line.code.replace("_", " ").capitalize()), turn * line.net_minor
    if line.unit_price is None or line.currency_id is None or line.unit_price < 0:
        money = Decimal(abs(net)).scaleb(-decimals)
        return Item(f"{name} ({abs(line.quantity)})", Decimal(-1 if net < 0 else 1), money, net)
    quantity = Decimal(turn * line.quantity).scaleb(-points_decimals[line.currency_id])
    return Item(name, quantity, line.unit_price, net)
