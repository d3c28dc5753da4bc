"""Statements of account: ISO 20022 camt.053, versions 02 to 08, which name the same things at different depths. Pure.

What is booked is read; what is only announced is not. An entry that holds several transfers (a batch) is told transfer
by transfer where their amounts come to that of the entry. A statement that does not add up is refused as a whole:
opening and booked entries come to closing, or the file is not what the bank has written.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from lxml import etree

from coalition.kernel.errors import Invalid
from integrations.bank import safe_xml
from integrations.bank.amounts import currency_of, minor
from integrations.bank.transfers import transfers
from settlement.ports import BankEntry, BankStatement

_SPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.0[2-8]")
_OPENING, _CLOSING = ("OPBD", "PRCD", "ITBD"), ("CLBD", "ITBD")
_MOST_STATEMENTS, _MOST_ENTRIES = 500, 100_000


def read(data: bytes) -> list[BankStatement]:
    """The statements in a file. Raises Invalid with a code that says what is wrong; nothing else, whatever is given."""
    root = safe_xml.parse(data)
    space = etree.QName(root).namespace or ""
    if etree.QName(root).localname != "Document" or not _SPACE.fullmatch(space):
        raise Invalid("bank_file_unknown", "This is no camt.053 of the versions 02 to 08.")
    for element in root.iter():
        name = etree.QName(element)
        element.tag = name.localname if name.namespace == space else f"other-{name.localname}"
    found = root.findall("BkToCstmrStmt/Stmt")
    if not found:
        raise Invalid("bank_file_incomplete", "The file holds no statement.")
    if len(found) > _MOST_STATEMENTS:
        raise Invalid("bank_file_too_large", f"A file holds at most {_MOST_STATEMENTS} statements.")
    return [_statement(element) for element in found]


def _statement(element: etree._Element) -> BankStatement:
    number, iban = need(element, "Id"), need(element, "Acct/Id/IBAN").replace(" ", "").upper()
    opening, closing = _balance(element, _OPENING, 0), _balance(element, _CLOSING, -1)
    currency = element.findtext("Acct/Ccy") or currency_of(opening.find("Amt"))
    entries = tuple(_entries(element, number, currency))
    _check_once(entries)
    statement = BankStatement(
        number=number[:100],
        iban=iban,
        currency=currency,
        ends_on=day(closing, "Dt"),
        opening_minor=_signed(opening, currency),
        closing_minor=_signed(closing, currency),
        entries=entries,
    )
    moved = sum(one.amount_minor if one.direction == "in" else -one.amount_minor for one in entries)
    if statement.opening_minor + moved != statement.closing_minor:
        raise Invalid(
            "bank_balance_differs",
            f"Statement {statement.number}: opening and entries come to {statement.opening_minor + moved}, not to the"
            f" closing balance of {statement.closing_minor}.",
        )
    return statement


def _entries(element: etree._Element, number: str, currency: str) -> Iterator[BankEntry]:
    found = element.findall("Ntry")
    if len(found) > _MOST_ENTRIES:
        raise Invalid("bank_file_too_large", f"A statement holds at most {_MOST_ENTRIES} entries.")
    for at, entry in enumerate(found, 1):
        status = entry.findtext("Sts/Cd") or entry.findtext("Sts")
        amount = minor(entry.find("Amt"), currency)
        if (status or "").strip() == "BOOK" and amount:
            own = entry.findtext("NtryRef") or str(at)
            reference = (entry.findtext("AcctSvcrRef") or f"{number}:{own}").strip()[:100]
            yield from transfers(entry, reference, amount, currency)


def _check_once(entries: tuple[BankEntry, ...]) -> None:
    seen: set[str] = set()
    for one in entries:
        if one.reference in seen:
            raise Invalid("bank_reference_repeated", f"The bank's reference {one.reference} stands here twice.")
        seen.add(one.reference)


def _balance(element: etree._Element, kinds: tuple[str, ...], which: int) -> etree._Element:
    for kind in kinds:
        if found := [one for one in element.findall("Bal") if one.findtext("Tp/CdOrPrtry/Cd") == kind]:
            return found[which]
    raise Invalid("bank_file_incomplete", f"A statement lacks its balance {kinds[0]}.")


def _signed(balance: etree._Element, currency: str) -> int:
    amount = minor(balance.find("Amt"), currency)
    return -amount if need(balance, "CdtDbtInd") == "DBIT" else amount


def need(element: etree._Element, path: str) -> str:
    """The text of an element that has to be there. Raises Invalid `bank_file_incomplete`."""
    text = (element.findtext(path) or "").strip()
    if not text:
        raise Invalid("bank_file_incomplete", f"A statement lacks {element.tag}/{path}.")
    return text


def day(element: etree._Element, path: str) -> dt.date:
    """A day, given as a date or as an instant. Raises Invalid `bank_file_incomplete`."""
    text = element.findtext(f"{path}/Dt") or element.findtext(f"{path}/DtTm") or ""
    try:
        return dt.date.fromisoformat(text.strip()[:10])
    except ValueError as error:
        raise Invalid("bank_file_incomplete", f"A statement lacks the day {element.tag}/{path}.") from error
