"""What the period pages show: figures of each legal entity, by day and by place, and the points liability."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from coalition import partners, programs
from coalition.kernel import clock, ids
from coalition.kernel.money import to_minor
from settlement import accruals, statements
from settlement.accruals import Flow, Period
from settlement.statements import Check, Drawn

_FRESH = dt.timedelta(minutes=5)
_LEAST_TREND = 12


def overview() -> list[dict[str, Any]]:
    """The periods of every program, the latest first."""
    found = [one for program in programs.list_programs() for one in _overview(program)]
    return sorted(found, key=lambda one: (one["month"], one["program"]["code"]), reverse=True)


def context(program: programs.Program, period: Period) -> dict[str, Any]:
    """Everything the page of one period shows."""
    currency = programs.main_currency(program.id)
    flows = [flow for flow in accruals.flows(period.id) if flow.currency_id == currency.id]
    closed = period.state == "closed"
    drawn = statements.drawn_of(period) if closed else statements.draw_up(period)
    known = accruals.list_periods(program.id)
    around = _neighbours(known, period)
    checks = [] if closed else statements.checks(period, drawn)
    today = clock.local_date(clock.now(), program.zone)
    entities = _entities(program, period, drawn, flows)
    totals = accruals.totals(program.id, currency.id)
    return {
        "program": {
            "code": program.code,
            "name": program.name,
            "currency": program.currency,
            "currency_decimals": program.currency_decimals,
            "points_currency": currency.code,
            "points_decimals": currency.decimals,
            "zone": program.zone,
        },
        "period": {
            "key": period.code,
            "month": period.starts_on,
            "state": period.state,
            "closed_at": period.closed_at,
            "closable": not closed and period.starts_on <= today and all(check.passed for check in checks),
            "attribution": currency.attribution.upper(),
            **around,
        },
        "choices": [{"key": one.code, "month": one.starts_on} for one in known],
        "kpis": _kpis(program, period, known, totals, entities),
        "days": _days(period),
        "redeemed_at": _redeemed_at(program, flows),
        "liability": liability(period, known, totals, currency),
        "entities": entities,
        "checklist": [] if closed else _checklist(program, checks),
        "drafts": sum(row["state"] == "draft" for row in entities),
        "sent": any(row["state"] not in (None, "draft") for row in entities),
        "errors": [],
    }


def _overview(program: programs.Program) -> list[dict[str, Any]]:
    totals = accruals.totals(program.id, programs.main_currency(program.id).id)
    settled = statements.settled(program.id)
    today = clock.local_date(clock.now(), program.zone)
    found = []
    for period in accruals.list_periods(program.id):
        kinds, came_to = totals.get(period.id, {}), settled.get(period.id)
        found.append(
            {
                "program": {"code": program.code, "name": program.name},
                "key": period.code,
                "month": period.starts_on,
                "state": period.state,
                "closable": period.state == "open" and period.ends_on < today,
                "closed_at": period.closed_at,
                "issued_points": _issued(kinds),
                "redeemed_points": kinds.get("redeem", 0),
                "settled_minor": came_to.payable_minor if came_to else 0,
                "statements": came_to.statements if came_to else 0,
                "currency": program.currency,
                "currency_decimals": program.currency_decimals,
            }
        )
    return found


def _entities(program: programs.Program, period: Period, drawn: list[Drawn], flows: list[Flow]) -> list[dict[str, Any]]:
    known = {entity.id: entity for entity in partners.entities(program.id)}
    names = {partner.id: partner.name for partner in partners.list_partners(program.id)}
    heads = {head.legal_entity_id: head for head in statements.of_period(period)}
    issued, redeemed = Counter[int](), Counter[int]()
    for flow in flows:
        issued[flow.funder_id] += _issued({flow.kind: flow.points})
        if flow.kind == "redeem" and flow.redeemer_id is not None:
            redeemed[flow.redeemer_id] += flow.points
    rows = []
    for one in drawn:
        entity, head = known[one.entity_id], heads.get(one.entity_id)
        own = [] if one.is_operator else one.documents
        nets = Counter[str]()
        for line in (line for document in own for line in document.lines):
            nets[line.code] += line.net_minor
        rows.append(
            {
                "statement_id": ids.public("stm", head.id) if head else None,
                "name": entity.name,
                "code": entity.code,
                "partner": names[entity.partner_id],
                "operator": one.is_operator,
                "issued_points": issued[one.entity_id],
                "issued_minor": nets["issue_funding"] + nets["redemption_funding"] - nets["breakage"],
                "redeemed_points": redeemed[one.entity_id],
                "redeemed_minor": nets["redeemed"],
                "supplied_minor": nets["supplied"] + nets["delivery"] + nets["taken_back"],
                "adjusted_minor": nets["adjustment"],
                "fee_minor": nets["service_fee"],
                "vat_minor": sum(document.sign * document.vat_minor for document in one.documents),
                "net_minor": one.position_minor,
                "state": head.state if head else None,
            }
        )
    return sorted(rows, key=lambda row: (row["operator"], -row["issued_points"], row["name"]))


def _kpis(
    program: programs.Program,
    period: Period,
    known: list[Period],
    totals: dict[int, dict[str, int]],
    entities: list[dict[str, Any]],
) -> dict[str, Any]:
    months = [one for one in reversed(known) if one.starts_on <= period.starts_on][-_LEAST_TREND:]
    settled = statements.settled(program.id)
    came_to = [settled[one.id] for one in months if one.id in settled]
    issued = [_issued(totals.get(one.id, {})) for one in months]
    redeemed = [totals.get(one.id, {}).get("redeem", 0) for one in months]
    nets = [row["net_minor"] for row in entities if not row["operator"]]
    change = (issued[-1] - issued[-2]) * 10_000 // issued[-2] if len(issued) > 1 and issued[-2] else None
    return {
        "issued": {"points": issued[-1], "change_bp": change, "trend": issued},
        "redeemed": {"points": redeemed[-1], "trend": redeemed},
        "payable": {
            "minor": -sum(net for net in nets if net < 0),
            "count": sum(net < 0 for net in nets),
            "trend": [one.payable_minor for one in came_to],
        },
        "receivable": {
            "minor": sum(net for net in nets if net > 0),
            "count": sum(net > 0 for net in nets),
            "trend": [one.receivable_minor for one in came_to],
        },
    }


def _days(period: Period) -> list[dict[str, Any]]:
    found = {day.date: day for day in accruals.days(period.id)}
    span = (period.ends_on - period.starts_on).days + 1
    dates = [period.starts_on + dt.timedelta(days=at) for at in range(span)]
    return [
        {
            "date": date,
            "issued": max(found[date].issued, 0) if date in found else 0,
            "redeemed": max(found[date].redeemed, 0) if date in found else 0,
        }
        for date in dates
    ]


def _redeemed_at(program: programs.Program, flows: list[Flow]) -> list[dict[str, Any]]:
    known = {entity.id: entity.name for entity in partners.entities(program.id)}
    points = Counter[int]()
    for flow in flows:
        if flow.kind == "redeem" and flow.redeemer_id is not None:
            points[flow.redeemer_id] += flow.points
    return [{"name": known[entity_id], "points": most} for entity_id, most in points.most_common()]


def liability(
    period: Period, known: list[Period], totals: dict[int, dict[str, int]], currency: programs.Currency
) -> dict[str, int]:
    """The points outstanding at face value; each step is the difference of rounded levels, so they add up."""
    signs = {"issued": ("issue",), "redeemed": ("redeem", "adjust"), "expired": ("expire",)}
    before = {one.id for one in known if one.ends_on < period.starts_on}
    level = sum(_outstanding(kinds) for period_id, kinds in totals.items() if period_id in before)
    kinds = totals.get(period.id, {})
    steps, found = {"issued": _issued(kinds)}, {"opening": to_minor(level * currency.face_minor, 0)}
    steps |= {name: -sum(kinds.get(kind, 0) for kind in signs[name]) for name in ("redeemed", "expired")}
    for name, change in steps.items():
        earlier = to_minor(level * currency.face_minor, 0)
        level += change
        found[name] = to_minor(level * currency.face_minor, 0) - earlier
    return {**found, "adjusted": 0, "closing": to_minor(level * currency.face_minor, 0)}


def _checklist(program: programs.Program, checks: list[Check]) -> list[dict[str, Any]]:
    accrued_at, _ = accruals.standing(program.id)
    current = accrued_at is not None and clock.now() - accrued_at < _FRESH
    known: list[dict[str, Any]] = [{"code": "accruals_current", "ok": current, "count": None, "binding": False}]
    return known + [
        {
            "code": check.code,
            "ok": check.ok,
            "count": check.count,
            "names": check.names,
            "binding": check.binding,
            "reason": check.reason,
            "acceptable": check.acceptable,
        }
        for check in checks
    ]


def _neighbours(known: list[Period], period: Period) -> dict[str, str | None]:
    codes = [one.code for one in known]
    at = codes.index(period.code)
    return {"previous": codes[at + 1] if at + 1 < len(codes) else None, "next": codes[at - 1] if at else None}


def _issued(kinds: dict[str, int]) -> int:
    return kinds.get("issue", 0) - kinds.get("clawback", 0)


def _outstanding(kinds: dict[str, int]) -> int:
    return _issued(kinds) - kinds.get("redeem", 0) - kinds.get("adjust", 0) - kinds.get("expire", 0)
