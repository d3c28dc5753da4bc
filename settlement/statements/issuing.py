"""Writing a period's statements: a head for each legal entity, its documents, their lines. None of it changes later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from coalition import partners, programs
from coalition.kernel import audit, outbox
from coalition.kernel.db import execute, fetch_one
from settlement.accruals import Period
from settlement.statements.arithmetic import Document, Drawn, Line
from settlement.statements.fx import Settlement

_HEAD = """
    INSERT INTO statement (program_id, period_id, legal_entity_id, version, number, is_operator, currency,
           currency_decimals, points_decimals, attribution, position_minor, parties, content_sha256,
           settlement_currency, settlement_decimals, settlement_minor, fx_rate, fx_source, fx_at)
    VALUES (:program_id, :period_id, :legal_entity_id, :version, :number, :is_operator, :currency,
           :currency_decimals, :points_decimals, :attribution, :position_minor, CAST(:parties AS jsonb),
           :content_sha256, :settlement_currency, :settlement_decimals, :settlement_minor, :fx_rate, :fx_source, :fx_at)
    RETURNING id"""
# The operator's document has the number of its twin, and no lines of its own.
_DOCUMENT = """
    INSERT INTO statement_document (statement_id, number, kind, counterparty_id, sign, vat_rate, net_minor, vat_minor,
           gross_minor, mirrors_id)
    SELECT :statement_id, coalesce(t.number, :number), :kind, :counterparty_id, :sign, :vat_rate, :net_minor,
           :vat_minor, :gross_minor, t.id
      FROM (SELECT 1) one LEFT JOIN (
           SELECT d.id, d.number FROM statement_document d JOIN statement s ON s.id = d.statement_id
            WHERE s.period_id = :period_id AND s.version = :version AND s.legal_entity_id = :counterparty_id
              AND d.kind = :kind AND d.vat_rate = :vat_rate) t ON :mirror
    RETURNING id"""
_LINE = """
    INSERT INTO statement_line (document_id, no, code, agreement_id, currency_id, quantity, unit_price, net_minor)
    VALUES (:document_id, :no, :code, :agreement_id, :currency_id, :quantity, :unit_price, :net_minor)"""


def issue(program: programs.Program, period: Period, drawn: Drawn, settled: Settlement) -> int:
    """Write one statement of the period's version, as a draft; its id. Publishes `statement.closed`."""
    entity = partners.entity(drawn.entity_id)
    currency = programs.main_currency(program.id)
    facts = {
        "program_id": program.id,
        "period_id": period.id,
        "legal_entity_id": entity.id,
        "number": f"{period.code}/{entity.code}/{period.version}",
        "is_operator": drawn.is_operator,
        "currency": program.currency,
        "currency_decimals": program.currency_decimals,
        "points_decimals": currency.decimals,
        "attribution": currency.attribution.upper(),
        "position_minor": drawn.position_minor,
        "parties": {"operator": _party(partners.operator_entity(program.id)), "party": _party(entity)},
    }
    row = fetch_one(
        _HEAD,
        {
            **facts,
            **_settlement(settled),
            "version": period.version,
            "parties": json.dumps(facts["parties"]),
            "content_sha256": content_hash(period.code, facts, drawn.documents),
        },
    )
    assert row is not None
    for no, document in enumerate(drawn.documents, 1):
        _write_document(row.id, period, f"{facts['number']}-{no}", document, drawn.is_operator)
    execute(
        "INSERT INTO statement_event (statement_id, no, state, actor) VALUES (:id, 1, 'draft', :actor)",
        {"id": row.id, "actor": audit.origin().actor},
    )
    outbox.publish("statement.closed", {"statement_id": row.id}, key=str(row.id))
    return int(row.id)


def _settlement(settled: Settlement) -> dict[str, Any]:
    rate = settled.rate
    return {
        "settlement_currency": settled.currency,
        "settlement_decimals": settled.decimals,
        "settlement_minor": settled.amount_minor,
        "fx_rate": rate.rate if rate else None,
        "fx_source": rate.source if rate else None,
        "fx_at": rate.at if rate else None,
    }


def content_hash(code: str, facts: dict[str, Any], documents: Sequence[Document]) -> bytes:
    """SHA-256 of a statement's content in canonical JSON: its head, its documents and their lines, all amounts."""
    content = {"period": code, **facts, "documents": [_content(document) for document in documents]}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).digest()


def _content(document: Document) -> dict[str, Any]:
    return {name: value for name, value in asdict(document).items() if name not in ("id", "number")}


def _plain(value: Any) -> str:
    return f"{value.normalize():f}"


def _party(entity: partners.LegalEntity) -> dict[str, str]:
    partner = partners.get(entity.partner_id).name
    return {"name": entity.name, "country": entity.country, "tax_id": entity.tax_id, "partner": partner}


def _write_document(statement_id: int, period: Period, number: str, document: Document, mirror: bool) -> None:
    """An entity's document with its lines, or the operator's mirror of it, which points to its twin."""
    row = fetch_one(
        _DOCUMENT,
        {
            "statement_id": statement_id,
            "number": number,
            "period_id": period.id,
            "version": period.version,
            "mirror": mirror,
            "kind": document.kind,
            "counterparty_id": document.counterparty_id,
            "sign": document.sign,
            "vat_rate": document.vat_rate,
            "net_minor": document.net_minor,
            "vat_minor": document.vat_minor,
            "gross_minor": document.gross_minor,
        },
    )
    assert row is not None
    if not mirror:
        for no, line in enumerate(document.lines, 1):
            _write_line(row.id, no, line)


def _write_line(document_id: int, no: int, line: Line) -> None:
    execute(_LINE, {"document_id": document_id, "no": no, **asdict(line)})
