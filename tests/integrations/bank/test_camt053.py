"""Statements of account: read alike in every version, added up, and refused whole, with a code, when they are bad."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from coalition.kernel.errors import Invalid
from integrations.bank import camt053, safe_xml
from settlement.ports import BankEntry
from tests.integrations.bank.camt import OURS, Entry, Transfer, camt

PAID = Entry("12.10", "R1", [Transfer("pmt1", "Thanks", "RF18539007547034", "ООО «Ёлка»", "DE89370400440532013000")])
GOOD = camt([PAID])


def one(data: bytes) -> BankEntry:
    [statement] = camt053.read(data)
    [entry] = statement.entries
    return entry


@pytest.mark.parametrize("version", range(2, 9))
def test_every_version_tells_the_same(version: int) -> None:
    [statement] = camt053.read(camt([PAID, Entry("-2.70", "R2", [Transfer("pmt2", party="B")])], version=version))

    assert (statement.number, statement.iban, statement.currency) == ("S1", OURS, "EUR")
    assert (statement.opening_minor, statement.closing_minor) == (100_000, 100_940)
    first, second = statement.entries
    assert first == BankEntry(
        "R1", "in", 1210, dt.date(2026, 6, 5), False, "", "ООО «Ёлка»", "DE89370400440532013000",
        ("pmt1", "RF18539007547034", "Thanks"),
    )  # fmt: skip
    assert (second.reference, second.direction, second.amount_minor, second.party) == ("R2", "out", 270, "B")


def test_a_batch_is_told_transfer_by_transfer() -> None:
    parts = [Transfer("pmt1", amount="2.70"), Transfer("pmt2", amount="7.26")]

    for version in (2, 8):
        [statement] = camt053.read(camt([Entry("-9.96", "R1", parts)], version=version))

        found = [(entry.reference, entry.amount_minor, entry.texts) for entry in statement.entries]
        assert found == [("R1/1", 270, ("pmt1",)), ("R1/2", 726, ("pmt2",))]


def test_a_batch_whose_parts_do_not_come_to_it_is_one_movement() -> None:
    parts = [Transfer("pmt1", amount="2.70"), Transfer("pmt2", amount="7.00")]

    entry = one(camt([Entry("-9.96", "R1", parts)]))

    assert (entry.reference, entry.amount_minor, entry.texts) == ("R1", 996, ("pmt1", "pmt2"))


def test_what_comes_back_says_so_and_why() -> None:
    for entry in (
        one(camt([Entry("2.70", reversal=True, transfers=[Transfer("pmt2", party="B")])])),
        one(camt([Entry("2.70", transfers=[Transfer("pmt2", reason="AC04")])])),
    ):
        assert (entry.direction, entry.returned, entry.texts) == ("in", True, ("pmt2",))
    entry = one(camt([Entry("2.70", transfers=[Transfer("pmt2", reason="AC04", party="B")])]))
    assert (entry.reason, entry.party) == ("AC04", "B")


def test_what_is_only_announced_is_not_read() -> None:
    [statement] = camt053.read(camt([Entry("5.00", status="PDNG"), PAID]))

    assert [entry.reference for entry in statement.entries] == ["R1"]


def test_an_account_may_be_overdrawn() -> None:
    [statement] = camt053.read(camt([PAID], opening="-20.00"))

    assert (statement.opening_minor, statement.closing_minor) == (-2000, -790)


LAUGHS = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
BAD = {
    "xxe": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + GOOD.replace(b"Thanks", b"&x;").split(b"?>", 1)[1],
        "bank_file_forbidden",
    ),
    "billion laughs": (
        f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]><a>&l9;</a>'.encode(),
        "bank_file_forbidden",
    ),
    "hidden document type": (GOOD.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "bank_file_unreadable"),
    "declared otherwise": (GOOD.replace(b"UTF-8", b"UTF-7"), "bank_file_unreadable"),
    "undeclared entity": (GOOD.replace(b"Thanks", b"&x;"), "bank_file_unreadable"),
    "truncated": (GOOD[: len(GOOD) // 2], "bank_file_unreadable"),
    "empty": (b"", "bank_file_unreadable"),
    "binary": (bytes(range(256)), "bank_file_unreadable"),
    "deep": (b"<a>" * 5000 + b"</a>" * 5000, "bank_file_unreadable"),
    "other namespace": (GOOD.replace(b"camt.053.001.08", b"camt.052.001.08"), "bank_file_unknown"),
    "too new": (GOOD.replace(b"camt.053.001.08", b"camt.053.001.13"), "bank_file_unknown"),
    "no namespace": (b"<Document/>", "bank_file_unknown"),
    "no statement": (GOOD.replace(b"<Stmt>", b"<X>").replace(b"</Stmt>", b"</X>"), "bank_file_incomplete"),
    "no account": (GOOD.replace(b"IBAN", b"XBAN"), "bank_file_incomplete"),
    "no closing balance": (GOOD.replace(b"CLBD", b"CLAV"), "bank_file_incomplete"),
    "no direction": (GOOD.replace(b"<CdtDbtInd>CRDT</CdtDbtInd><Sts>", b"<Sts>"), "bank_file_incomplete"),
    "no day": (GOOD.replace(b"<ValDt><Dt>2026-06-05", b"<ValDt><Dt>soon"), "bank_file_incomplete"),
    "wrong currency": (camt([Entry("12.10", currency="USD")]), "bank_currency_differs"),
    "negative amount": (GOOD.replace(b">12.10<", b">-12.10<"), "bank_amount_invalid"),
    "exponent": (GOOD.replace(b">12.10<", b">1e9<"), "bank_amount_invalid"),
    "too many decimals": (GOOD.replace(b">12.10<", b">12.101<"), "bank_amount_invalid"),
    "digits of another script": (GOOD.replace(b">12.10<", ">١٢<".encode()), "bank_amount_invalid"),
    "reference twice": (camt([PAID, PAID]), "bank_reference_repeated"),
    "does not add up": (camt([PAID], closing="1012.11"), "bank_balance_differs"),
    "gigantic": (GOOD + b" " * safe_xml.MOST_BYTES, "bank_file_too_large"),
    "too many elements": (b"<a>" + b"<b/>" * 1_000_001 + b"</a>", "bank_file_too_large"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_code_and_at_once(name: str) -> None:
    data, code = BAD[name]
    began = time.monotonic()

    with pytest.raises(Invalid) as refused:
        camt053.read(data)

    assert refused.value.code == code
    assert time.monotonic() - began < 10


def test_every_cut_of_a_file_is_refused_and_never_an_error_of_ours() -> None:
    for length in range(0, len(GOOD), 7):
        with pytest.raises(Invalid):
            camt053.read(GOOD[:length])


def test_every_element_that_is_lost_is_a_refusal_or_harmless() -> None:
    from lxml import etree

    count = len(list(etree.fromstring(GOOD).iter()))
    for at in range(1, count):
        root = etree.fromstring(GOOD)
        element = list(root.iter())[at]
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
        try:
            camt053.read(etree.tostring(root))
        except Invalid as refused:
            assert refused.code.startswith("bank_")


def test_another_encoding_is_not_read_although_it_hides_in_utf_8() -> None:
    hidden = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "y">]><x>&e;</x>'.encode("utf-16-le")

    with pytest.raises(Invalid, match="bank_file_unreadable"):
        safe_xml.parse(hidden)
