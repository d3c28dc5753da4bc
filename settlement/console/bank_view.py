"""What the pages of the bank show, gathered for their templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from coalition import access, partners, programs
from coalition.kernel import clock, ids
from coalition.kernel.money import format_minor
from coalition.kernel.web.pages import use_zone
from coalition.kernel.web.sheets import BOM, guarded, line
from settlement import payouts
from settlement.payouts import bank
from settlement.payouts.aging import BUCKETS, Aged, aging

_WAITING, _DECISIONS, _FILES, _PAGE = 50, 20, 20, 100
_OPEN = 500


def overview(program: programs.Program) -> dict[str, Any]:
    """Files and statements of a program, what waits for somebody's decision, and what was decided."""
    decisions = bank.decisions(program.id, _DECISIONS)
    names = access.names({one.actor for one in decisions})
    return {
        "waiting": bank.waiting(program.id, _WAITING),
        "choices": _choices(program.id),
        "decisions": [
            {"one": one, "actor": names.get(one.actor, one.actor), "payment": _name(one.payment_id)}
            for one in decisions
        ],
        "statements": bank.statements(program.id, _FILES),
        "files": bank.files(program.id, _FILES),
        "unordered": [
            {"id": ids.public("run", run.id), "period": run.period_code, "no": run.no}
            for run in bank.unordered(program.id)
        ],
    }


def statement(statement_id: int, after: int) -> dict[str, Any]:
    """One statement of account, with a page of the entries that it was the first to tell."""
    head = bank.statement(statement_id)
    program = programs.get(head.program_id) if head.program_id is not None else programs.list_programs()[0]
    use_zone(program.zone)
    found = bank.entries(statement_id, after, _PAGE + 1)
    following = found[_PAGE - 1].receipt_id if len(found) > _PAGE else None
    return {"program": program, "statement": head, "entries": found[:_PAGE], "following": following}


def aged(program: programs.Program, on: dt.date) -> dict[str, Any]:
    """What was owed on a day, with the sums of each currency and direction."""
    rows = aging(program.id, on)
    names = {entity.id: entity.name for entity in partners.entities(program.id)}
    columns = (*BUCKETS, "total", "overpaid")
    groups = []
    for currency, direction in sorted({(one.currency, one.direction) for one in rows}):
        own = [one for one in rows if (one.currency, one.direction) == (currency, direction)]
        lines = [(names.get(one.legal_entity_id, ""), [getattr(one, name) for name in columns]) for one in own]
        sums = [sum(getattr(one, name) for one in own) for name in columns]
        groups.append({"currency": currency, "direction": direction, "lines": sorted(lines), "sums": sums})
    return {"on": on, "groups": groups}


def aging_rows(program: programs.Program, on: dt.date) -> Iterator[str]:
    """The same as CSV."""
    names = {entity.id: entity for entity in partners.entities(program.id)}
    yield BOM + "on,company,code,direction,currency,not_due,0_30,31_60,61_90,over_90,total,overpaid\r\n"
    for one in aging(program.id, on):
        entity = names[one.legal_entity_id]
        yield line([on.isoformat(), guarded(entity.name), guarded(entity.code), *_cells(one, program)])


def day(text: str, program: programs.Program) -> dt.date:
    """The day that was asked for, or today in the program's zone."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return clock.local_date(clock.now(), program.zone)


def _cells(one: Aged, program: programs.Program) -> list[str]:
    amounts = [format_minor(getattr(one, name), program.currency_decimals) for name in (*BUCKETS, "total", "overpaid")]
    return ["receivable" if one.direction == "in" else "payable", one.currency, *amounts]


def _choices(program_id: int) -> list[dict[str, Any]]:
    """The payments to which money can be assigned: open ones first, then paid ones, whose money may come back."""
    found = [*payouts.open_payments(program_id), *payouts.settled_payments(program_id)]
    seen = {one.id: one for one in reversed(found)}
    return [
        {
            "ref": one.ref,
            "name": partners.entity(one.legal_entity_id).name,
            "number": one.statement_number,
            "direction": one.direction,
            "left_minor": one.left_minor,
            "currency": one.currency,
        }
        for one in sorted(seen.values(), key=lambda one: (one.state == "settled", one.id))[:_OPEN]
    ]


def _name(payment_id: int | None) -> str:
    return partners.entity(payouts.payment(payment_id).legal_entity_id).name if payment_id is not None else ""
