"""What finance sees first: the open period, what is owed and disputed, and the last close with its netting."""

from __future__ import annotations

import datetime as dt
from typing import Any

from coalition import partners, programs
from coalition.kernel import clock
from settlement import accruals, payouts, reconciliation, statements
from settlement.accruals import Period
from settlement.console import period_page
from settlement.statements import Sought, Standing

_UNPAID = ("sent", "agreed")


def context(program: programs.Program) -> dict[str, Any]:
    """Everything the overview shows. The number of queries does not grow with the statements."""
    currency = programs.main_currency(program.id)
    periods = accruals.list_periods(program.id)
    today = clock.local_date(clock.now(), program.zone)
    latest = next((one for one in periods if one.state == "closed"), None)
    waiting = [one for one in periods if one.state == "open" and one.ends_on < today]
    running = next((one for one in periods if one.state == "open" and one.starts_on <= today <= one.ends_on), None)
    totals = accruals.totals(program.id, currency.id)
    standing = statements.standing(Sought(program.id))
    shown = running or latest
    return {
        "program": {
            "id": program.id,
            "code": program.code,
            "name": program.name,
            "currency": program.currency,
            "currency_decimals": program.currency_decimals,
            "points_decimals": currency.decimals,
        },
        "running": _period(running, totals) if running else None,
        "waiting": [{"key": one.code, "month": one.starts_on} for one in reversed(waiting)],
        "latest": _latest(latest) if latest else None,
        "owed": _owed(standing),
        "standing": standing,
        "overdue": _overdue(program.id, today),
        "disputes": reconciliation.standing(program.id),
        "liability": period_page.liability(shown, periods, totals, currency) if shown else None,
        "liability_period": {"key": shown.code, "month": shown.starts_on} if shown else None,
        "netting": _netting(program.id, latest) if latest else None,
    }


def _period(period: Period, totals: dict[int, dict[str, int]]) -> dict[str, Any]:
    kinds = totals.get(period.id, {})
    issued = kinds.get("issue", 0) - kinds.get("clawback", 0)
    return {
        "key": period.code,
        "month": period.starts_on,
        "ends_on": period.ends_on,
        "issued": issued,
        "redeemed": kinds.get("redeem", 0),
    }


def _latest(period: Period) -> dict[str, Any]:
    return {"key": period.code, "month": period.starts_on, "closed_at": period.closed_at}


def _overdue(program_id: int, today: dt.date) -> list[dict[str, Any]]:
    """What was due before today and has not moved, by currency: what we wait for, and what we have to pay."""
    late = payouts.overdue(program_id, today)
    return [
        {"currency": currency, **{side: late.get((currency, side), 0) for side in ("in", "out")}}
        for currency in sorted({currency for currency, _ in late})
    ]


def _owed(standing: list[Standing]) -> dict[str, list[dict[str, Any]]]:
    """What is stated and unpaid, and what is in dispute, by currency: to receive, to pay."""
    found: dict[str, list[dict[str, Any]]] = {"unpaid": [], "disputed": []}
    for name, states in (("unpaid", _UNPAID), ("disputed", ("disputed",))):
        for currency in sorted({one.currency for one in standing}):
            own = [one for one in standing if one.currency == currency and one.state in states]
            if own:
                found[name].append(
                    {
                        "currency": currency,
                        "statements": sum(one.statements for one in own),
                        "receivable_minor": sum(one.pays_minor for one in own),
                        "payable_minor": sum(one.receives_minor for one in own),
                    }
                )
    return found


def _netting(program_id: int, period: Period) -> dict[str, Any]:
    """The last closed period netted: each company's gross documents both ways, and what is left to pay."""
    netted = statements.netting(period.id)
    known = {entity.id: entity for entity in partners.entities(program_id)}
    operator = partners.operator_entity(program_id).id
    rows = [
        {
            "name": known[pair.entity_id].name,
            "counterparty": known[pair.counterparty_id].name,
            "receives_minor": pair.receives_minor,
            "pays_minor": pair.pays_minor,
            "net_minor": pair.net_minor,
        }
        for pair in netted.bilateral
        if pair.entity_id != operator
    ]
    return {
        "period": {"key": period.code, "month": period.starts_on},
        "rows": sorted(rows, key=lambda row: (row["net_minor"], row["name"])),
        "operator": {"name": known[operator].name, "net_minor": netted.multilateral.get(operator, 0)},
        "gross_minor": netted.gross_minor,
        "bilateral_minor": netted.bilateral_minor,
        "multilateral_minor": netted.multilateral_minor,
    }
