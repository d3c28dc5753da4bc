"""Invoices of random documents, held against the schemas of UBL and the rules of EN 16931 by an independent checker."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from peppol import check_rules, validate_xsd

from coalition.kernel.errors import Invalid
from coalition.kernel.money import format_minor, round_half_up
from settlement.payouts.invoices import content, ubl
from settlement.payouts.invoices.content import Invoice, Party
from settlement.statements import Document, Line
from settlement.statements.arithmetic import amount

CAC, CBC = f"{{{ubl._CAC}}}", f"{{{ubl._CBC}}}"
OPERATOR, SHOP = Party("Coral Club SIA", "LV", "LV40003000001"), Party('Лавка "Ёж" <& сын>', "LT", "LT100001919017")
CODES = {
    "issuer_invoice": ("issue_funding", "service_fee", "redemption_funding"),
    "redeemer_invoice": ("redeemed",),
    "issuer_credit": ("issue_funding", "service_fee"),
    "redeemer_credit": ("redeemed",),
    "credit_note": ("breakage",),
    "adjustment": ("adjustment",),
    "supplier_invoice": ("supplied", "delivery", "taken_back"),
}
prices = st.decimals("0.000001", "9.999999", places=6)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    kind = draw(st.sampled_from(sorted(CODES)))
    lines = []
    for code in draw(st.lists(st.sampled_from(CODES[kind]), min_size=1, max_size=4)):
        quantity = draw(st.integers(-(10**9), 10**9))
        if kind in ("supplier_invoice", "adjustment"):
            net = draw(st.integers(0, 10**9)) * (-1 if code == "taken_back" else 1)
            net = draw(st.sampled_from([net, -net])) if kind == "adjustment" else net
            lines.append(Line(code, 1, None, 1 if net >= 0 else -1, None, net))
        else:
            price = draw(prices)
            net = int(round_half_up(amount(quantity, price, 2).scaleb(2)))
            lines.append(Line(code, 1, 7, quantity, price, net))
    total = sum(line.net_minor for line in lines)
    rate = draw(st.sampled_from([Decimal(text) for text in ("0", "0.21", "0.055", "0.19", "0.077")]))
    return Document(kind, 2, 1, 1, rate, tuple(lines), total, int(round_half_up(total * rate)))


def invoice(document: Document, profile: str, **more: Any) -> Invoice:
    by_operator = content.sold_by_operator(document)
    facts: dict[str, Any] = {
        "number": "CORAL-2026-000001",
        "type_code": content.type_code(document),
        "issued_on": dt.date(2026, 6, 2),
        "starts_on": dt.date(2026, 5, 1),
        "ends_on": dt.date(2026, 5, 31),
        "statement_number": "2026-05/SHOP/1",
        "currency": "EUR",
        "decimals": 2,
        "seller": OPERATOR if by_operator else SHOP,
        "buyer": SHOP if by_operator else OPERATOR,
        "category": content.category(document, {1: profile}),
        "vat_rate": document.vat_rate,
        "items": content.items(document, {7: 2}, 2),
        "net_minor": abs(document.net_minor),
        "vat_minor": abs(document.vat_minor),
    }
    return Invoice(**{**facts, **more})


def a_document(kind: str, code: str, *, quantity: int = 1300, price: str = "0.0115", rate: str = "0.2") -> Document:
    net = int(round_half_up(amount(quantity, Decimal(price), 0).scaleb(2)))
    line = Line(code, 1, 7, quantity, Decimal(price), net)
    return Document(kind, 2, 1, 1, Decimal(rate), (line,), net, int(round_half_up(net * Decimal(rate))))


def text(root: etree._Element, path: str) -> str:
    return root.findtext(path) or ""


@settings(max_examples=150, deadline=None)
@given(document=documents(), profile=st.sampled_from(["UK_SERVICE", "DE_THIRD_PARTY", "NONE"]))
def test_every_document_becomes_a_valid_invoice_of_the_same_totals(document: Document, profile: str) -> None:
    xml = ubl.write(invoice(document, profile))

    valid, errors = validate_xsd(xml)
    assert valid, errors
    assert [str(found) for found in check_rules(xml)] == []  # to the cent: it rounds its halves to even
    root = etree.fromstring(xml)
    for path, minor in (
        (f"{CAC}TaxTotal/{CBC}TaxAmount", document.vat_minor),
        (f"{CAC}LegalMonetaryTotal/{CBC}TaxExclusiveAmount", document.net_minor),
        (f"{CAC}LegalMonetaryTotal/{CBC}PayableAmount", document.gross_minor),
    ):
        assert text(root, path) == format_minor(abs(minor), 2)
    credit = (document.kind in ("credit_note", "adjustment")) != (document.net_minor < 0)
    assert etree.QName(root).localname == ("CreditNote" if credit else "Invoice")


@settings(max_examples=200, deadline=None)
@given(price=prices)
def test_a_price_with_its_base_quantity_is_exact_and_has_two_decimals(price: Decimal) -> None:
    base = ubl.base_quantity(price)

    assert price * base == round(price * base, 2)
    assert base == 1 or price * (base // 10) != round(price * (base // 10), 2)


@pytest.mark.parametrize(
    ("kind", "code", "quantity", "wanted"),
    [
        ("issuer_invoice", "issue_funding", 1300, "380"),
        ("issuer_invoice", "issue_funding", -1300, "381"),
        ("redeemer_invoice", "redeemed", 900, "389"),
        ("redeemer_credit", "redeemed", -900, "261"),
        ("issuer_credit", "issue_funding", -1300, "381"),
        ("adjustment", "adjustment", 300, "381"),
        ("adjustment", "adjustment", -300, "380"),
        ("credit_note", "breakage", 300, "381"),
        ("supplier_invoice", "supplied", 1, "389"),
        ("supplier_invoice", "taken_back", -1, "261"),
    ],
)
def test_the_type_says_who_bills_whom(kind: str, code: str, quantity: int, wanted: str) -> None:
    assert content.type_code(a_document(kind, code, quantity=quantity)) == wanted


@pytest.mark.parametrize(
    ("profile", "rate", "wanted"),
    [
        ("UK_SERVICE", "0.2", "S"),
        ("UK_SERVICE", "0", "Z"),
        ("DE_THIRD_PARTY", "0", "E"),
        ("DE_THIRD_PARTY", "0.19", "S"),
        ("NONE", "0", "O"),
    ],
)
def test_the_vat_profile_gives_the_category(profile: str, rate: str, wanted: str) -> None:
    document = a_document("issuer_invoice", "issue_funding", rate=rate)

    root = etree.fromstring(ubl.write(invoice(document, profile)))

    assert text(root, f".//{CAC}TaxSubtotal/{CAC}TaxCategory/{CBC}ID") == wanted
    assert text(root, f".//{CAC}ClassifiedTaxCategory/{CBC}ID") == wanted
    assert (root.find(f".//{CAC}PartyTaxScheme") is None) == (wanted == "O")
    assert (root.find(f".//{CBC}TaxExemptionReason") is not None) == (wanted in "EO")


def test_a_price_of_six_decimals_is_told_by_its_base_quantity() -> None:
    document = a_document("issuer_invoice", "issue_funding", quantity=12_345, price="0.010001")

    root = etree.fromstring(ubl.write(invoice(document, "UK_SERVICE")))

    line = root.find(f"{CAC}InvoiceLine")
    assert line is not None
    assert text(line, f"{CAC}Price/{CBC}PriceAmount") == "100.01"
    assert text(line, f"{CAC}Price/{CBC}BaseQuantity") == "10000"
    assert text(line, f"{CBC}LineExtensionAmount") == "123.46"


def test_a_number_that_is_not_for_vat_stands_as_one_of_the_tax_office() -> None:
    document = a_document("redeemer_invoice", "redeemed")
    moscow = Party("ООО «Ёлка»", "RU", "7707083893")

    xml = ubl.write(invoice(document, "UK_SERVICE", seller=moscow))

    assert validate_xsd(xml) == (True, [])
    root = etree.fromstring(xml)
    seller = root.find(f"{CAC}AccountingSupplierParty/{CAC}Party")
    assert seller is not None
    assert text(seller, f"{CAC}PartyTaxScheme/{CAC}TaxScheme/{CBC}ID") == "TAX"
    assert text(seller, f"{CAC}PartyLegalEntity/{CBC}CompanyID") == "7707083893"
    assert seller.find(f"{CBC}EndpointID") is None


def test_the_same_invoice_gives_the_same_bytes() -> None:
    document = a_document("credit_note", "breakage")

    assert ubl.write(invoice(document, "NONE")) == ubl.write(invoice(document, "NONE"))


def test_what_a_party_lacks_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        content.check_parties(OPERATOR, Party("Shop", "", " "), 3)

    assert refused.value.code == "invoice_data_missing"
    pointers = [problem.pointer for problem in refused.value.errors]
    assert pointers == ["/parties/buyer/country", "/parties/buyer/tax_id", "/currency"]
