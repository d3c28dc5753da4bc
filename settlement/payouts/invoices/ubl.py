"""An invoice written as UBL 2.1, by EN 16931 and Peppol BIS Billing 3. Pure: the same invoice gives the same bytes.

UBL is an ordered schema: elements stand in the order of the schema, whatever they mean. Sources: EN 16931-1,
docs.peppol.eu/poacc/billing/3.0 and its self-billing twin. A price per point has up to six decimals; it is written with
two and the base quantity to which it belongs (1.15 for 100 points), which is exact and what ledgers elsewhere accept.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lxml import etree

from coalition.kernel.money import format_minor
from settlement.payouts.invoices.content import SELF_BILLED, SELF_BILLED_CREDIT, Invoice, Item, Party

_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_CAC, _CBC = f"{_UBL}:CommonAggregateComponents-2", f"{_UBL}:CommonBasicComponents-2"
_EN16931 = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc"
_BILLING = (f"{_EN16931}:billing:3.0", "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0")
_SELF_BILLING = (f"{_EN16931}:selfbilling:3.0", "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0")
_PIECE = "C62"  # UN/ECE Recommendation 20: one; points have no unit of their own
_CLEARING = "97"  # UNCL 4461: clearing between partners
_PRICE_PLACES = 2
_OUT_OF_SCOPE = "VATEX-EU-O"
_REASONS = {"E": "VAT is due on the service fee and on redemption, not on this supply", "O": "Not subject to VAT"}
# ISO 6523 / EAS schemes of VAT numbers, by their prefix: the address of a party in the Peppol network.
_ENDPOINTS = {
    "AT": "9914", "BE": "9925", "BG": "9926", "CY": "9928", "CZ": "9929", "DE": "9930", "EE": "9931", "EL": "9933",
    "ES": "9920", "FI": "0213", "FR": "9957", "GB": "9932", "HR": "9934", "HU": "9910", "IE": "9935", "IT": "0211",
    "LT": "9937", "LU": "9938", "LV": "9939", "MT": "9943", "NL": "9944", "PL": "9945", "PT": "9946", "RO": "9947",
    "SI": "9949", "SK": "9950",
}  # fmt: skip


def write(invoice: Invoice) -> bytes:
    """The invoice as a UBL `Invoice` or `CreditNote`."""
    kind = "CreditNote" if invoice.credits else "Invoice"
    space = f"{_UBL}:{kind}-2"
    spaces: Any = {None: space, "cac": _CAC, "cbc": _CBC}
    root = etree.Element(f"{{{space}}}{kind}", nsmap=spaces)
    _head(root, invoice, kind)
    _party(_add(root, "AccountingSupplierParty"), invoice.seller, invoice.category, seller=True)
    _party(_add(root, "AccountingCustomerParty"), invoice.buyer, invoice.category, seller=False)
    _payment(root, invoice)
    _totals(root, invoice)
    for number, item in enumerate(invoice.items, 1):
        _line(root, invoice, kind, number, item)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _head(root: etree._Element, invoice: Invoice, kind: str) -> None:
    self_billed = invoice.type_code in (SELF_BILLED, SELF_BILLED_CREDIT)
    customization, profile = _SELF_BILLING if self_billed else _BILLING
    _say(root, "CustomizationID", customization)
    _say(root, "ProfileID", profile)
    _say(root, "ID", invoice.number)
    _say(root, "IssueDate", invoice.issued_on.isoformat())
    _say(root, f"{kind}TypeCode", invoice.type_code)
    if self_billed:
        _say(root, "Note", "Self-billing")
    _say(root, "DocumentCurrencyCode", invoice.currency)
    _say(root, "BuyerReference", invoice.statement_number)
    period = _add(root, "InvoicePeriod")
    _say(period, "StartDate", invoice.starts_on.isoformat())
    _say(period, "EndDate", invoice.ends_on.isoformat())


def _party(parent: etree._Element, party: Party, category: str, *, seller: bool) -> None:
    """A party. Under category O no VAT number may be named (BR-O-02): the legal registration stands for it."""
    found = _add(parent, "Party")
    prefix = "EL" if party.country == "GR" else party.country
    is_vat = party.tax_id.upper().startswith(prefix)
    if is_vat and prefix in _ENDPOINTS:
        _say(found, "EndpointID", party.tax_id, schemeID=_ENDPOINTS[prefix])
    address = _add(found, "PostalAddress")
    _say(_add(address, "Country"), "IdentificationCode", party.country)
    named = category != "O" and (is_vat or seller)
    if named:
        scheme = _add(found, "PartyTaxScheme")
        _say(scheme, "CompanyID", party.tax_id)
        _say(_add(scheme, "TaxScheme"), "ID", "VAT" if is_vat else "TAX")
    legal = _add(found, "PartyLegalEntity")
    _say(legal, "RegistrationName", party.name)
    if not (named and is_vat):
        _say(legal, "CompanyID", party.tax_id)


def _payment(root: etree._Element, invoice: Invoice) -> None:
    """Documents stay gross; what is paid is their netting, under the number of the statement."""
    means = _add(root, "PaymentMeans")
    _say(means, "PaymentMeansCode", _CLEARING)
    _say(means, "PaymentID", invoice.statement_number)
    terms = _add(root, "PaymentTerms")
    _say(terms, "Note", f"Netted with the other documents of statement {invoice.statement_number}")


def _totals(root: etree._Element, invoice: Invoice) -> None:
    tax = _add(root, "TaxTotal")
    _money(tax, "TaxAmount", invoice, invoice.vat_minor)
    group = _add(tax, "TaxSubtotal")
    _money(group, "TaxableAmount", invoice, invoice.net_minor)
    _money(group, "TaxAmount", invoice, invoice.vat_minor)
    _category(_add(group, "TaxCategory"), invoice, reason=True)
    total = _add(root, "LegalMonetaryTotal")
    _money(total, "LineExtensionAmount", invoice, invoice.net_minor)
    _money(total, "TaxExclusiveAmount", invoice, invoice.net_minor)
    _money(total, "TaxInclusiveAmount", invoice, invoice.gross_minor)
    _money(total, "PayableAmount", invoice, invoice.gross_minor)


def _line(root: etree._Element, invoice: Invoice, kind: str, number: int, item: Item) -> None:
    line = _add(root, f"{kind}Line")
    _say(line, "ID", str(number))
    _say(
        line, "CreditedQuantity" if kind == "CreditNote" else "InvoicedQuantity", _plain(item.quantity), unitCode=_PIECE
    )
    _money(line, "LineExtensionAmount", invoice, item.net_minor)
    what = _add(line, "Item")
    _say(what, "Name", item.name)
    _category(_add(what, "ClassifiedTaxCategory"), invoice, reason=False)
    price = _add(line, "Price")
    base = base_quantity(item.unit_price)
    _say(price, "PriceAmount", _plain(item.unit_price * base), currencyID=invoice.currency)
    if base != 1:
        _say(price, "BaseQuantity", str(base), unitCode=_PIECE)


def base_quantity(unit_price: Decimal) -> int:
    """The least power of ten of points whose price has at most two decimals: 100 for a price of 0.0115."""
    exponent = unit_price.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return int(10 ** max(0, -exponent - _PRICE_PLACES))


def _category(element: etree._Element, invoice: Invoice, *, reason: bool) -> None:
    _say(element, "ID", invoice.category)
    if invoice.category != "O":
        _say(element, "Percent", _plain(invoice.vat_rate * 100))
    if reason and invoice.category in _REASONS:
        if invoice.category == "O":
            _say(element, "TaxExemptionReasonCode", _OUT_OF_SCOPE)
        _say(element, "TaxExemptionReason", _REASONS[invoice.category])
    _say(_add(element, "TaxScheme"), "ID", "VAT")


def _money(parent: etree._Element, name: str, invoice: Invoice, minor: int) -> None:
    _say(parent, name, format_minor(minor, invoice.decimals), currencyID=invoice.currency)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _add(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_CAC}}}{name}")


def _say(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    etree.SubElement(parent, f"{{{_CBC}}}{name}", attributes).text = text
