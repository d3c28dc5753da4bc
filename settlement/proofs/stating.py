"""The records of a statement: what its bundle holds and the tree has as leaves, in one order and for ever the same.

First the head, then every entry, then the document lines, the documents, the agreements and the rates of exchange.
Each is one object of canonical JSON: names in order, no spaces, integers as they are, decimals as texts. They follow
from closed rows alone, so that they can be written again at any time and are the same bytes.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from psycopg.rows import scalar_row
from psycopg.types.string import ByteaBinaryLoader

from coalition import partners, programs
from coalition.kernel.db import fetch_one, load_sql, raw
from settlement import statements, terms
from settlement.proofs.verifier import archive
from settlement.proofs.verifier.verifying import FORMAT
from settlement.statements import Document, Statement
from settlement.terms import Agreement

_RULES = {
    "amount": "sign of the charge * points * price per whole point, exact; + the party receives, - it pays",
    "document_line": "one charge under one agreement and price over the whole period, rounded half up to minor units",
    "document": "net = sum of its lines; VAT = rate * net, half up; gross = net + VAT (EN 16931)",
    "exchange": "position * rate, half up to minor units of the settlement currency",
    "movement": "e<entry>.<leg> is points issued; d<entry>.<lot>.<leg> points of that lot drawn, for that leg",
    "legs": "a draw's legs are round(after * weight) - round(before * weight), half up; the last takes the rest",
}
_STEP = 2_000


def canonical(value: Any) -> bytes:
    """A value as canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return text.encode()


def head(statement: Statement, behind: dict[str, list[bytes]]) -> bytes:
    """The record of the statement's head: who, when, the rules, and what it came to."""
    used = {json.loads(line)["currency"] for line in behind[archive.LINES]} - {None}
    currencies = {number: programs.currency_by_id(number) for number in sorted(used)}
    return canonical(
        {
            "format": FORMAT,
            "program": programs.get(statement.program_id).code,
            "number": statement.number,
            "version": statement.version,
            "period": {"code": statement.period_code, "starts_on": statement.starts_on, "ends_on": statement.ends_on},
            "issued_at": statement.issued_at,
            "is_operator": statement.is_operator,
            "operator": statement.parties["operator"],
            "party": statement.parties["party"],
            "currency": statement.currency,
            "currency_decimals": statement.currency_decimals,
            "currencies": {str(no): {"code": one.code, "decimals": one.decimals} for no, one in currencies.items()},
            "position": statement.position_minor,
            "settlement": {
                "currency": statement.settlement_currency,
                "decimals": statement.settlement_decimals,
                "amount": statement.settlement_minor,
            },
            "attribution": statement.attribution,
            "counts": {name.partition(".")[0]: len(records) for name, records in behind.items()},
            "rules": _RULES,
            "content_sha256": statement.content_sha256,
        }
    )


def entries(statement: Statement) -> Iterator[list[bytes]]:
    """The records of the entries, some thousand at a time, as PostgreSQL makes them; the operator's has none.

    They come as bytes, never decoded, in whole chunks of rows: a row at a time, as COPY sends them, costs three times
    as much here. To be called inside a transaction, which lasts while they are read.
    """
    if statement.is_operator:
        return
    params = {
        "program": statement.program_id,
        "period": statement.period_id,
        "entity": statement.legal_entity_id,
        "decimals": statement.currency_decimals,
        "upto": _closed_below(statement) if statement.replaced else None,
    }
    with raw().cursor(row_factory=scalar_row) as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.adapters.register_loader("text", ByteaBinaryLoader)
        rows = cursor.stream(_query(statement).encode(), params, binary=True, size=_STEP)
        while found := list(islice(rows, _STEP)):
            yield found


def _query(statement: Statement) -> str:
    """The query of a statement's lines; with a union only if the entity has part in more than points."""
    source = load_sql(__file__, "points.sql")
    params = {"period": statement.period_id, "entity": statement.legal_entity_id}
    if fetch_one(
        "SELECT 1 FROM supply_accrual WHERE period_id = :period AND legal_entity_id = :entity"
        " UNION ALL SELECT 1 FROM adjustment WHERE period_id = :period AND legal_entity_id = :entity LIMIT 1",
        params,
    ):
        source = f"({source}) UNION ALL {load_sql(__file__, 'money.sql')}"
    return load_sql(__file__, "entries.sql").replace("{source}", source)


def tail(statement: Statement) -> dict[str, list[bytes]]:
    """The records behind the entries, by the member of the bundle that they stand in."""
    documents = statements.documents([statement.id])[statement.id]
    used = {line.agreement_id for document in documents for line in document.lines}
    agreements = [one for _, one in sorted(terms.by_id(used).items())]
    return {
        archive.LINES: [canonical(line) for line in _lines(documents)],
        archive.DOCUMENTS: [canonical(_document(no, one)) for no, one in enumerate(documents, 1)],
        archive.AGREEMENTS: [canonical(_agreement(one)) for one in agreements],
        archive.RATES: [canonical(rate) for rate in _rates(statement)],
    }


def _lines(documents: Sequence[Document]) -> Iterator[dict[str, Any]]:
    for no, document in enumerate(documents, 1):
        for line in document.lines:
            yield {
                "document": no,
                "charge": line.code,
                "agreement": line.agreement_id,
                "currency": line.currency_id,
                "quantity": line.quantity,
                "price": line.unit_price,
                "net": line.net_minor,
            }


def _rates(statement: Statement) -> Iterator[dict[str, Any]]:
    """The rate of exchange that was fixed at the close, where the position is settled in another currency."""
    if statement.fx_rate is not None:
        yield {
            "base": statement.currency,
            "quote": statement.settlement_currency,
            "rate": statement.fx_rate,
            "source": statement.fx_source,
            "at": statement.fx_at,
        }


def _closed_below(statement: Statement) -> str:
    """The transaction below which the period was closed when this version was stated."""
    row = fetch_one(
        "SELECT upto::text AS upto FROM settlement_span WHERE period_id = :period AND version = :version",
        {"period": statement.period_id, "version": statement.version},
    )
    assert row is not None
    return str(row.upto)


def _document(no: int, document: Document) -> dict[str, Any]:
    return {
        "document": no,
        "number": document.number,
        "kind": document.kind,
        "sign": document.sign,
        "counterparty": partners.entity(document.counterparty_id).code,
        "vat_rate": document.vat_rate,
        "net": document.net_minor,
        "vat": document.vat_minor,
        "gross": document.gross_minor,
    }


def _agreement(agreement: Agreement) -> dict[str, Any]:
    """An agreement as it was concluded. When it ends is not in it: that may be decided long after the close."""
    return {
        "agreement": agreement.id,
        "party": partners.entity(agreement.legal_entity_id).code,
        "version": agreement.version,
        "starts_on": agreement.starts_on,
        "funding_mode": agreement.funding_mode,
        "issue_price": agreement.issue_price,
        "redemption_price": agreement.redemption_price,
        "service_price": agreement.service_price,
        "redeemer_rate": agreement.redeemer_rate,
        "redeemer_commission": agreement.redeemer_commission,
        "redeemer_price": agreement.redeemer_price,
        "breakage_share": agreement.breakage_share,
        "vat_profile": agreement.vat_profile,
        "vat_rate": agreement.vat_rate,
        "currency": agreement.currency,
    }


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    assert isinstance(value, dt.date)
    return value.isoformat()
