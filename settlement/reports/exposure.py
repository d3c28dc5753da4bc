"""Exposure: what each company owes now, billed and accruing, against the credit limit or prefund of its agreement.

Owed are the statements that are not paid and what the open periods have come to so far. A prefund was paid before: what
is owed beyond it is exposed. Nothing is set off against what the operator owes the company in another period.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from coalition import partners
from coalition.kernel.money import round_half_up
from settlement import accruals, statements, terms
from settlement.reports.selection import Selection
from settlement.reports.tables import Chart, Column, Curve, Report, Row, Table
from settlement.terms import Agreement

CODE = "exposure"
_NEAR = Decimal("0.8")
_PLACES = 4


def build(chosen: Selection) -> Report:
    """Every company with an agreement in force today, the most exposed first."""
    program = chosen.program
    held = terms.in_force(program.id, chosen.on)
    billed, accruing = owed(program.id)
    rows: list[Row] = []
    for entity in partners.entities(program.id):
        agreement = held.get(entity.id)
        if agreement is None or agreement.program_id != program.id:
            continue
        rows.append(_row(entity.name, agreement, billed[entity.id], accruing[entity.id]))
    rows.sort(key=lambda row: (-Decimal(str(row[7] if row[7] is not None else -1)), str(row[0])))
    columns = (
        Column("company"),
        *(Column(code, "money", program.currency_decimals, total=True) for code in ("billed_due", "accruing", "owed")),
        *(Column(code, "money", program.currency_decimals) for code in ("credit_limit", "prefund", "left")),
        Column("used", "share"),
        Column("standing", "code"),
    )
    table = Table("exposure", columns, rows)
    values = tuple(max(int(str(row[3])), 0) for row in rows[:12])
    chart = Chart("bars", tuple(str(row[0]) for row in rows[:12]), (Curve("owed", values),), program.currency_decimals)
    return Report(CODE, (table,), {}, chart if rows else None)


def owed(program_id: int) -> tuple[Counter[int], Counter[int]]:
    """What legal entities owe, in minor units: by statements that are not paid, and by open periods so far."""
    billed, accruing = Counter[int](), Counter[int]()
    for period in accruals.list_periods(program_id):
        if period.state == "closed":
            for head in statements.of_period(period):
                if not head.is_operator and head.position_minor < 0 and head.state != "paid":
                    billed[head.legal_entity_id] -= head.position_minor
            continue
        for drawn in statements.draw_up(period):
            if not drawn.is_operator:
                accruing[drawn.entity_id] += max(-drawn.position_minor, 0)
    return billed, accruing


def _row(name: str, agreement: Agreement, billed: int, accruing: int) -> Row:
    limit, prefund = agreement.credit_limit_minor, agreement.prefund_minor
    total = billed + accruing
    room = None if limit is None and prefund is None else (limit or 0) + (prefund or 0)
    left = None if room is None else room - total
    used = None
    if room:
        used = round_half_up(max(Decimal(total), Decimal(0)) / room, _PLACES)
    return (name, billed, accruing, total, limit, prefund, left, used, _standing(total, room))


def _standing(total: int, room: int | None) -> str:
    if room is None:
        return "no_limit"
    if total > room:
        return "over"
    return "near" if total > room * _NEAR else "fine"
