"""Closing a period: accrue to the watermark, seal the period, and write one statement for each legal entity.

All of it is one transaction that holds the program's watermark, so a movement is in the period that is being closed
or in a later one, never in both; of two closes of one period exactly one succeeds. What is written stays as it is: the
application may add rows to these tables, and change none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from coalition import partners, programs
from coalition.kernel import audit, clock
from coalition.kernel.db import fetch_one
from coalition.kernel.errors import Conflict, Unavailable
from settlement import accruals
from settlement.accruals import Accrued, Period
from settlement.statements.arithmetic import Document, Drawn, Line
from settlement.statements.drawing import draw_up


@dataclass(frozen=True, slots=True)
class Closed:
    """What a close did. `running`: the period's last day is not over, later movements fall into `next_code`."""

    period: Period
    accrued: Accrued
    statements: tuple[int, ...]
    running: bool
    next_code: str


def close(program_id: int, code: str, *, patience_s: int = 10) -> Closed:
    """Close the period written `code`, which is made if nothing has fallen into it yet.

    What was committed before the call is in it: transactions that are still open are waited for, `patience_s` long.
    Raises Conflict if it is closed already, lies in the future, or holds movements that no agreement covers; Invalid if
    `code` is no period; Unavailable if an open transaction or another run of the settlement takes too long.
    """
    if not accruals.quiesce(patience_s):
        raise Unavailable("writers_open", "A transaction that began earlier is still open; try again.")
    program = programs.get(program_id)
    today = clock.local_date(clock.now(), program.zone)
    if accruals.days_of(code)[0] > today:
        raise Conflict("period_in_future", f"{code} has not begun.")
    accrued = accruals.accrue(program_id)
    assert accrued is not None
    period = accruals.open_period(program_id, code)
    if period.state == "closed":
        raise Conflict("period_closed", f"{code} is closed already.")
    missing = accruals.suspended(program_id, period.ends_on)
    if missing:
        names = ", ".join(partners.entity(entity_id).name for entity_id, _ in missing[:5])
        count = sum(movements for _, movements in missing)
        raise Conflict("agreements_missing", f"{count} movements have no agreement: {names}.", movements=count)
    accruals.seal(period, accrued.upto)
    ids = tuple(_issue(program, period, drawn) for drawn in draw_up(period))
    audit.record("settlement.close", f"period:{period.id}", program=program.code, period=code, statements=len(ids))
    following = accruals.next_code(code)
    return Closed(accruals.get_period(period.id), accrued, ids, period.ends_on >= today, following)


def _issue(program: programs.Program, period: Period, drawn: Drawn) -> int:
    entity = partners.entity(drawn.entity_id)
    currency = programs.main_currency(program.id)
    facts = {
        "program_id": program.id,
        "period_id": period.id,
        "legal_entity_id": entity.id,
        "number": f"{period.code}/{entity.code}/1",
        "is_operator": drawn.is_operator,
        "currency": program.currency,
        "currency_decimals": program.currency_decimals,
        "points_decimals": currency.decimals,
        "attribution": currency.attribution.upper(),
        "position_minor": drawn.position_minor,
        "parties": {"operator": _party(partners.operator_entity(program.id)), "party": _party(entity)},
    }
    row = fetch_one(
        """
        INSERT INTO statement (program_id, period_id, legal_entity_id, number, is_operator, currency,
               currency_decimals, points_decimals, attribution, position_minor, parties, content_sha256)
        VALUES (:program_id, :period_id, :legal_entity_id, :number, :is_operator, :currency, :currency_decimals,
               :points_decimals, :attribution, :position_minor, CAST(:parties AS jsonb), :content_sha256)
        RETURNING id""",
        {
            **facts,
            "parties": json.dumps(facts["parties"]),
            "content_sha256": content_hash(period.code, facts, drawn.documents),
        },
    )
    assert row is not None
    for document in drawn.documents:
        _write_document(row.id, period.id, document, drawn.is_operator)
    _announce(row.id)
    return int(row.id)


def content_hash(code: str, facts: dict[str, Any], documents: Sequence[Document]) -> bytes:
    """SHA-256 of a statement's content in canonical JSON: its head, its documents and their lines, all amounts."""
    content = {"period": code, **facts, "documents": [asdict(document) for document in documents]}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).digest()


def _plain(value: Any) -> str:
    return f"{value.normalize():f}"


def _party(entity: partners.LegalEntity) -> dict[str, str]:
    partner = partners.get(entity.partner_id).name
    return {"name": entity.name, "country": entity.country, "tax_id": entity.tax_id, "partner": partner}


def _write_document(statement_id: int, period_id: int, document: Document, mirror: bool) -> None:
    """An entity's document with its lines, or the operator's mirror of it, which points to the lines of its twin."""
    row = fetch_one(
        """
        INSERT INTO statement_document (statement_id, kind, counterparty_id, sign, vat_rate, net_minor, vat_minor,
               gross_minor, mirrors_id)
        VALUES (:statement_id, :kind, :counterparty_id, :sign, :vat_rate, :net_minor, :vat_minor, :gross_minor,
               CASE WHEN :mirror THEN (
                   SELECT d.id FROM statement_document d JOIN statement s ON s.id = d.statement_id
                    WHERE s.period_id = :period_id AND s.legal_entity_id = :counterparty_id AND d.kind = :kind
                      AND d.vat_rate = :vat_rate) END)
        RETURNING id""",
        {
            "statement_id": statement_id,
            "period_id": period_id,
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
    fetch_one(
        """
        INSERT INTO statement_line (document_id, no, code, agreement_id, currency_id, quantity, unit_price, net_minor)
        VALUES (:document_id, :no, :code, :agreement_id, :currency_id, :quantity, :unit_price, :net_minor)
        RETURNING id""",
        {"document_id": document_id, "no": no, **asdict(line)},
    )


def _announce(statement_id: int) -> None:
    fetch_one(
        "INSERT INTO statement_event (statement_id, state, actor) VALUES (:id, 'draft', :actor) RETURNING id",
        {"id": statement_id, "actor": audit.origin().actor},
    )
