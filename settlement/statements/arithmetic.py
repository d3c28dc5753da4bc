"""The arithmetic of a statement, from flows of points to positions that sum to zero. Pure: no database, no clock.

As EN 16931 rounds: a document line (one charge, one agreement version, one unit price, over the whole period) half up
to the minor unit; net = sum of the rounded lines; VAT = rate times net, half up, per document and rate. What lies
beneath a line is never rounded. Signs: + the entity receives, - it pays. Sources: design/settlement.md, EN 16931-1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal, localcontext
from typing import TYPE_CHECKING

from coalition.kernel.money import round_half_up

if TYPE_CHECKING:
    from settlement.accruals import Flow, Supply

Key = tuple[int, str, int, Decimal | None, int | None, bool]

# A bigint of points times a price of eighteen digits stays exact in it.
EXACT = Context(prec=60)
ISSUER, REDEEMER, SUPPLIER, CREDIT = "issuer_invoice", "redeemer_invoice", "supplier_invoice", "credit_note"
ISSUER_CREDIT, REDEEMER_CREDIT, ADJUSTMENT = "issuer_credit", "redeemer_credit", "adjustment"
SIGN = {ISSUER: -1, REDEEMER: 1, SUPPLIER: 1, CREDIT: 1, ISSUER_CREDIT: -1, REDEEMER_CREDIT: 1, ADJUSTMENT: 1}
_DOCUMENT = {
    "issue_funding": ISSUER,
    "service_fee": ISSUER,
    "redemption_funding": ISSUER,
    "breakage_taxed": ISSUER,
    "breakage_untaxed": ISSUER,
    "redeemed": REDEEMER,
    "supplied": SUPPLIER,
    "delivery": SUPPLIER,
    "taken_back": SUPPLIER,
    "breakage": CREDIT,
    "adjustment": ADJUSTMENT,
}
# What corrects lines of an earlier period stands in a document of its own, with the sign of what it corrects and
# quantities below zero.
_CORRECTING = {ISSUER: ISSUER_CREDIT, REDEEMER: REDEEMER_CREDIT}
# Whether an entity receives (+) or pays (-) a charge of positive quantity.
ENTITY_SIGN = {code: SIGN[kind] for code, kind in _DOCUMENT.items()}
_ORDER = {code: place for place, code in enumerate(_DOCUMENT)}


@dataclass(frozen=True, slots=True)
class Charge:
    """What one entity owes or is owed for one thing: `quantity` points (minor units) at `unit_price` per whole point.

    Without a unit price it is money as it stands: `quantity` pieces for `amount_minor` together. What `adjusts`
    corrects a line of an earlier period.
    """

    entity_id: int
    code: str
    agreement_id: int
    quantity: int
    unit_price: Decimal | None = None
    currency_id: int | None = None
    points_decimals: int = 0
    amount_minor: int = 0
    adjusts: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A document line: charges of one code, agreement version and unit price, rounded once."""

    code: str
    agreement_id: int
    currency_id: int | None
    quantity: int
    unit_price: Decimal | None
    net_minor: int


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or credit note between an entity and its counterparty; `sign` is that of its gross in the position.

    `id` and `number` (the same on both sides) are those of a document that was written; a preview has none.
    """

    kind: str
    entity_id: int
    counterparty_id: int
    sign: int
    vat_rate: Decimal
    lines: tuple[Line, ...]
    net_minor: int
    vat_minor: int
    id: int | None = field(default=None, compare=False)
    number: str = field(default="", compare=False)

    @property
    def gross_minor(self) -> int:
        """Net and VAT."""
        return self.net_minor + self.vat_minor


@dataclass(frozen=True, slots=True)
class Drawn:
    """A statement as it follows from the accruals: an entity's documents and what they come to."""

    entity_id: int
    is_operator: bool
    documents: tuple[Document, ...]

    @property
    def position_minor(self) -> int:
        """What the entity receives (+) or pays (-), VAT included."""
        return sum(document.sign * document.gross_minor for document in self.documents)


def charges(flow: Flow) -> list[Charge]:
    """What a flow makes due. The operator's own points make nothing due to itself, nor does a price of zero.

    What is kept of expired points that were sold untaxed turns into a taxed fee: the same sum taken off and put on.
    """
    found: list[Charge] = []

    def due(entity_id: int | None, code: str, agreement_id: int | None, points: int, price: Decimal | None) -> None:
        if entity_id is not None and agreement_id is not None and price:
            what = (entity_id, code, agreement_id, points, price, flow.currency_id, flow.points_decimals)
            found.append(Charge(*what, adjusts=flow.adjusts))

    funder = (flow.funder_id, flow.agreement_id)
    if flow.kind in ("issue", "clawback"):
        points = flow.points if flow.kind == "issue" else -flow.points
        due(funder[0], "issue_funding", funder[1], points, flow.funding_price)
        due(funder[0], "service_fee", funder[1], points, flow.service_price)
    elif flow.kind == "redeem":
        due(funder[0], "redemption_funding", funder[1], flow.points, flow.funding_price)
        due(flow.redeemer_id, "redeemed", flow.redeemer_agreement_id, flow.points, flow.redeemer_rate)
    elif flow.kind == "expire":
        due(funder[0], "breakage", funder[1], flow.points, flow.funding_price)
        due(funder[0], "breakage_taxed", funder[1], flow.points, flow.service_price)
        due(funder[0], "breakage_untaxed", funder[1], -flow.points, flow.service_price)
    return found


def supply_charges(supply: Supply) -> list[Charge]:
    """What a supplier invoices: the cost of what was delivered, and its delivery, less what it has taken back."""
    if supply.agreement_id is None:
        return []
    parts = (
        ("supplied", supply.consignments, supply.cost_minor),
        ("delivery", supply.consignments, supply.delivery_minor),
        ("taken_back", -supply.returns, -supply.returned_minor),
    )
    return [
        Charge(supply.legal_entity_id, code, supply.agreement_id, quantity, amount_minor=amount)
        for code, quantity, amount in parts
        if amount
    ]


def documents(
    due: Iterable[Charge], vat_rate: Callable[[int, str], Decimal], operator_id: int, decimals: int = 2
) -> list[Document]:
    """The documents of all entities: charges rounded to lines, lines to documents by entity, kind and VAT rate.

    `vat_rate` tells the rate of a charge's code under an agreement (by id), 0.21 for 21 %; `decimals` are those of the
    program's money. So an entity may have two documents of a kind, for what is taxed and for what is not.
    """
    gathered: dict[tuple[int, str, Decimal], list[Line]] = defaultdict(list)
    for (entity_id, *_, adjusts), line in sorted(_lines(due, decimals).items(), key=lambda item: _place(item[1])):
        rate = Decimal(0) if line.code == "adjustment" else vat_rate(line.agreement_id, line.code)
        gathered[(entity_id, document_of(line.code, adjusts=adjusts), rate)].append(line)
    made = []
    for (entity_id, kind, rate), lines in sorted(gathered.items(), key=lambda item: item[0]):
        net = sum(line.net_minor for line in lines)
        vat = int(round_half_up(net * rate))
        made.append(Document(kind, entity_id, operator_id, SIGN[kind], rate, tuple(lines), net, vat))
    return made


def document_of(code: str, *, adjusts: bool) -> str:
    """The kind of document in which a charge stands."""
    kind = _DOCUMENT[code]
    return _CORRECTING.get(kind, kind) if adjusts else kind


def mirrored(document: Document) -> Document:
    """The same document as its counterparty keeps it."""
    return replace(
        document, entity_id=document.counterparty_id, counterparty_id=document.entity_id, sign=-document.sign
    )


def statements(issued: Sequence[Document], entity_ids: Iterable[int], operator_id: int) -> list[Drawn]:
    """One statement for each entity and, last, the operator's, whose position makes the sum of all zero."""
    own: dict[int, list[Document]] = {entity_id: [] for entity_id in sorted(set(entity_ids) - {operator_id})}
    for document in issued:
        own.setdefault(document.entity_id, []).append(document)
    drawn = [Drawn(entity_id, False, tuple(found)) for entity_id, found in own.items()]
    return [*drawn, Drawn(operator_id, True, tuple(mirrored(document) for document in issued))]


def amount(quantity: int, unit_price: Decimal, points_decimals: int) -> Decimal:
    """Points (minor units) at a price per whole point, exact, in whole units of the settlement currency."""
    with localcontext(EXACT):
        return (quantity * unit_price).scaleb(-points_decimals)


def _lines(due: Iterable[Charge], decimals: int) -> dict[Key, Line]:
    sums: dict[Key, list[Charge]] = defaultdict(list)
    for charge in due:
        what = (charge.entity_id, charge.code, charge.agreement_id, charge.unit_price, charge.currency_id)
        sums[(*what, charge.adjusts)].append(charge)
    return {key: _line(same, decimals) for key, same in sums.items()}


def _line(same: Sequence[Charge], decimals: int) -> Line:
    first = same[0]
    quantity = sum(charge.quantity for charge in same)
    if first.unit_price is None:
        net = sum(charge.amount_minor for charge in same)
    else:
        with localcontext(EXACT):
            exact = amount(quantity, first.unit_price, first.points_decimals)
            net = int(round_half_up(exact.scaleb(decimals)))
    return Line(first.code, first.agreement_id, first.currency_id, quantity, first.unit_price, net)


def _place(line: Line) -> tuple[int, int, Decimal, int]:
    return (_ORDER[line.code], line.agreement_id, line.unit_price or Decimal(0), line.currency_id or 0)
