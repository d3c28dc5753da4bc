"""Statements of account as a bank would write them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from xml.sax.saxutils import escape

OURS = "LV80BANK0000435195001"
DAY = dt.date(2026, 6, 5)


@dataclass(frozen=True)
class Transfer:
    """A transfer within an entry; without an amount it has that of the entry."""

    end_to_end: str = ""
    remark: str = ""
    structured: str = ""
    party: str = ""
    iban: str = ""
    amount: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Entry:
    """A booked movement: `amount` with a minus goes out."""

    amount: str
    reference: str = ""
    transfers: Sequence[Transfer] = field(default_factory=lambda: [Transfer()])
    currency: str = "EUR"
    reversal: bool = False
    status: str = "BOOK"
    batch: str = ""


def camt(
    entries: Sequence[Entry],
    *,
    version: int = 8,
    number: str = "S1",
    iban: str = OURS,
    opening: str = "1000.00",
    closing: str = "",
    currency: str = "EUR",
) -> bytes:
    """A statement of one account; the closing balance follows from the entries unless it is given."""
    moved = sum((Decimal(one.amount) for one in entries if one.status == "BOOK"), Decimal(0))
    last = closing or f"{Decimal(opening) + moved:.2f}"
    body = "".join(_entry(one, version, number, at) for at, one in enumerate(entries, 1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}"><BkToCstmrStmt>
<GrpHdr><MsgId>M-{number}</MsgId><CreDtTm>2026-06-05T20:00:00</CreDtTm></GrpHdr>
<Stmt><Id>{number}</Id><CreDtTm>2026-06-05T20:00:00</CreDtTm>
<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
{_balance("OPBD", opening, currency)}{_balance("CLBD", last, currency)}{body}
</Stmt></BkToCstmrStmt></Document>""".encode()


def _balance(kind: str, amount: str, currency: str) -> str:
    sign, money = ("DBIT", amount[1:]) if amount.startswith("-") else ("CRDT", amount)
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{money}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{DAY}</Dt></Dt></Bal>'
    )


def _entry(one: Entry, version: int, number: str, at: int) -> str:
    sign, money = ("DBIT", one.amount[1:]) if one.amount.startswith("-") else ("CRDT", one.amount)
    status = f"<Cd>{one.status}</Cd>" if version >= 7 else one.status
    role = "Dbtr" if (sign == "CRDT") != one.reversal else "Cdtr"
    details = "".join(_transfer(transfer, version, role, one.currency) for transfer in one.transfers)
    batch = f"<Btch><PmtInfId>{one.batch}</PmtInfId></Btch>" if one.batch else ""
    return (
        f'<Ntry><Amt Ccy="{one.currency}">{money}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
        + ("<RvslInd>true</RvslInd>" if one.reversal else "")
        + f"<Sts>{status}</Sts><BookgDt><Dt>{DAY}</Dt></BookgDt><ValDt><Dt>{DAY}</Dt></ValDt>"
        f"<AcctSvcrRef>{one.reference or f'{number}-{at}'}</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls>{batch}{details}</NtryDtls></Ntry>"
    )


def _transfer(one: Transfer, version: int, role: str, currency: str) -> str:
    name = f"<Nm>{escape(one.party)}</Nm>"
    party = f"<Pty>{name}</Pty>" if version >= 8 else name
    money = f'<Amt Ccy="{currency}">{one.amount}</Amt>'
    amount = money if version >= 4 else f"<AmtDtls><TxAmt>{money}</TxAmt></AmtDtls>"
    parties = f"<{role}>{party}</{role}>" if one.party else ""
    account = f"<{role}Acct><Id><IBAN>{one.iban}</IBAN></Id></{role}Acct>" if one.iban else ""
    strd = f"<Strd><CdtrRefInf><Ref>{escape(one.structured)}</Ref></CdtrRefInf></Strd>" if one.structured else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{escape(one.end_to_end) or 'NOTPROVIDED'}</EndToEndId></Refs>"
        + (amount if one.amount else "")
        + (f"<RltdPties>{parties}{account}</RltdPties>" if parties or account else "")
        + f"<RmtInf>{f'<Ustrd>{escape(one.remark)}</Ustrd>' if one.remark else ''}{strd}</RmtInf>"
        + (f"<RtrInf><Rsn><Cd>{one.reason}</Cd></Rsn></RtrInf>" if one.reason else "")
        + "</TxDtls>"
    )
