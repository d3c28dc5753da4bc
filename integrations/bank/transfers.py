"""One entry of a statement as the transfers that it holds. Pure.

Where the details of an entry do not come to its amount (charges, another currency, no amounts), the entry is told as
one movement, with all the references that its details have.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Literal

from lxml import etree

from coalition.kernel.errors import Invalid
from integrations.bank.amounts import minor
from settlement.ports import BankEntry

# Bank transaction sub-families of money that comes back: reversals and returns.
_BACK = frozenset({"RRTN", "RPCR", "RRCT", "ARET", "UPDD", "PRDD", "RCDD"})
_REFERENCES = ("Refs/EndToEndId", "Refs/InstrId", "Refs/TxId", "Refs/PmtInfId", "Refs/MsgId")
_REMARKS = ("RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/RfrdDocInf/Nb", "RmtInf/Ustrd", "AddtlTxInf")
_BATCH = ("NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId", "AddtlNtryInf")
_NONE = "NOTPROVIDED"
_TEXT_MAX, _TEXTS_MAX = 500, 40


def transfers(entry: etree._Element, reference: str, amount: int, currency: str) -> Iterator[BankEntry]:
    """The transfers of a booked entry of `amount`, under the bank's reference (with a number if there are several)."""
    details = entry.findall("NtryDtls/TxDtls")
    parts = [_amount(one, currency) for one in details]
    if len(details) > 1 and None not in parts and sum(part or 0 for part in parts) == amount:
        for at, (one, part) in enumerate(zip(details, parts, strict=True), 1):
            if part:
                yield _told(entry, [one], f"{reference}/{at}", part)
        return
    yield _told(entry, details, reference, amount)


def _told(entry: etree._Element, details: list[etree._Element], reference: str, amount: int) -> BankEntry:
    direction = _direction(entry)
    back = [one for one in (entry, *details) if _returned(one)]
    party, iban = _party(details, direction, returned=bool(back))
    return BankEntry(
        reference=reference,
        direction=direction,
        amount_minor=amount,
        value_on=_day(entry),
        returned=bool(back),
        reason=_reason(details),
        party=party,
        iban=iban,
        texts=tuple(dict.fromkeys(_texts(entry, details)))[:_TEXTS_MAX],
    )


def _direction(entry: etree._Element) -> Literal["in", "out"]:
    indicator = (entry.findtext("CdtDbtInd") or "").strip()
    if indicator not in ("CRDT", "DBIT"):
        raise Invalid("bank_file_incomplete", "An entry says neither credit nor debit.")
    return "in" if indicator == "CRDT" else "out"


def _returned(element: etree._Element) -> bool:
    code = element.findtext("BkTxCd/Domn/Fmly/SubFmlyCd")
    return (
        (element.findtext("RvslInd") or "").strip() in ("true", "1")
        or element.find("RtrInf") is not None
        or (code in _BACK)
    )


def _reason(details: list[etree._Element]) -> str:
    for one in details:
        if text := one.findtext("RtrInf/Rsn/Cd") or one.findtext("RtrInf/Rsn/Prtry"):
            return text.strip()[:35]
    return ""


def _party(details: list[etree._Element], direction: str, *, returned: bool) -> tuple[str, str]:
    """Name and account of the other side: who pays what comes in, who gets what goes out; of a return, as before."""
    roles = ("Dbtr", "Cdtr") if (direction == "in") != returned else ("Cdtr", "Dbtr")
    for role in roles if returned else roles[:1]:  # some banks turn the roles of a return about
        for one in details:
            name = one.findtext(f"RltdPties/{role}/Nm") or one.findtext(f"RltdPties/{role}/Pty/Nm") or ""
            iban = one.findtext(f"RltdPties/{role}Acct/Id/IBAN") or ""
            if name or iban:
                return " ".join(name.split())[:140], iban.replace(" ", "").upper()[:34]
    return "", ""


def _texts(entry: etree._Element, details: list[etree._Element]) -> Iterator[str]:
    places = [(one, path) for one in details for path in (*_REFERENCES, *_REMARKS)]
    for element, path in [*places, *((entry, path) for path in _BATCH)]:
        for found in element.findall(path):
            text = " ".join((found.text or "").split())[:_TEXT_MAX]
            if text and text != _NONE:
                yield text


def _amount(details: etree._Element, currency: str) -> int | None:
    """What one transfer of a batch moved; None if it is not told in the currency of the account."""
    found = details.find("Amt")
    if found is None:
        found = details.find("AmtDtls/TxAmt/Amt")
    if found is None or found.get("Ccy") != currency:
        return None
    return minor(found, currency)


def _day(entry: etree._Element) -> dt.date:
    for path in ("ValDt/Dt", "ValDt/DtTm", "BookgDt/Dt", "BookgDt/DtTm"):
        if text := entry.findtext(path):
            try:
                return dt.date.fromisoformat(text.strip()[:10])
            except ValueError:
                break
    raise Invalid("bank_file_incomplete", "An entry lacks its day.")
