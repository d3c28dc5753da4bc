"""Writing a period's statements: a head for each legal entity, its documents, their lines. None of it changes later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from coalition import partners, programs
from coalition.kernel import audit, outbox
from coalition.kernel.db import execute, execute_many, fetch_one
from settlement.accruals import Period
from settlement.statements.arithmetic import Document, Drawn
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
              AND d.kind = :kind AND d.vat_rate = :vat_rate) t ON :mirror"""
_LINE = """
    INSERT INTO statement_line (document_id, no, code, agreement_id, currency_id, quantity, unit_price, net_minor)
    SELECT d.id, :no, :code, :agreement_id, :currency_id, :quantity, :unit_price, :net_minor
      FROM statement_document d WHERE d.statement_id = :statement_id AND d.number = :number"""
_DRAFTS = """
    INSERT INTO statement_event (statement_id, no, state, actor)
    SELECT id, 1, 'draft', :actor FROM statement WHERE period_id = :period AND version = :version"""


def issue(
    program: programs.Program, period: Period, drawn: Sequence[Drawn], settled: Mapping[int, Settlement]
) -> tuple[int, ...]:
    """Write the statements of the period's version, as drafts; their ids. Publishes `statement.closed` for each.

    The operator's comes last: its documents point to the others'. A few statements to the database for each entity.
    """
    parties = _parties(program.id)
    ids = tuple(_write(program, period, one, settled[one.entity_id], parties) for one in drawn)
    execute(_DRAFTS, {"period": period.id, "version": period.version, "actor": audit.origin().actor})
    for statement_id in ids:
        outbox.publish("statement.closed", {"statement_id": statement_id}, key=str(statement_id))
    return ids


def _write(
    program: programs.Program, period: Period, drawn: Drawn, settled: Settlement, parties: Mapping[int, dict[str, str]]
) -> int:
    currency = programs.main_currency(program.id)
    facts = {
        "program_id": program.id,
        "period_id": period.id,
        "legal_entity_id": drawn.entity_id,
        "number": f"{period.code}/{parties[drawn.entity_id]['code']}/{period.version}",
        "is_operator": drawn.is_operator,
        "currency": program.currency,
        "currency_decimals": program.currency_decimals,
        "points_decimals": currency.decimals,
        "attribution": currency.attribution.upper(),
        "position_minor": drawn.position_minor,
        "parties": {
            role: {name: text for name, text in parties[entity_id].items() if name != "code"}
            for role, entity_id in (("operator", partners.operator_entity(program.id).id), ("party", drawn.entity_id))
        },
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
    _write_documents(int(row.id), str(facts["number"]), period, drawn)
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


def _parties(program_id: int) -> dict[int, dict[str, str]]:
    """Every legal entity of the program as it is now, with its partner's name."""
    names = {partner.id: partner.name for partner in partners.list_partners(program_id)}
    return {
        entity.id: {
            "code": entity.code,
            "name": entity.name,
            "country": entity.country,
            "tax_id": entity.tax_id,
            "partner": names[entity.partner_id],
        }
        for entity in partners.entities(program_id)
    }


def _write_documents(statement_id: int, number: str, period: Period, drawn: Drawn) -> None:
    """An entity's documents with their lines, or the operator's mirrors, which point to their twins."""
    documents, lines = [], []
    for at, document in enumerate(drawn.documents, 1):
        own = {"statement_id": statement_id, "number": f"{number}-{at}"}
        documents.append(
            {
                **own,
                "period_id": period.id,
                "version": period.version,
                "mirror": drawn.is_operator,
                "kind": document.kind,
                "counterparty_id": document.counterparty_id,
                "sign": document.sign,
                "vat_rate": document.vat_rate,
                "net_minor": document.net_minor,
                "vat_minor": document.vat_minor,
                "gross_minor": document.gross_minor,
            }
        )
        lines += [{**own, "no": no, **asdict(line)} for no, line in enumerate(document.lines, 1)]
    if documents:
        execute_many(_DOCUMENT, documents)
    if lines and not drawn.is_operator:
        execute_many(_LINE, lines)
