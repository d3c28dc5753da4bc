"""Delivery and tender: carriers' tariffs, zones and pick-up points, tables of them, and what money may pay.

A table is taken as a whole or not at all, and every wrong row is named; a dry run only names them.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import pricing, suppliers
from catalog.console.frame import blueprint, choices, chosen_program, page
from coalition.console import forms
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.kernel.web.paging import place

PAGE = 50
BODY_MAX = 30_000_000
_SHOWN = 100
TABLES: dict[str, Callable[..., pricing.Imported]] = {
    "tariffs": pricing.import_tariffs,
    "zones": pricing.import_zones,
    "points": pricing.import_points,
    "grants": pricing.import_grants,
}
_POLICY = ("cash", "points_min", "points_max", "cash_min", "points_step", "delivery_tender")
_POLICY_FIELDS = {
    "/points_min_bp": "points_min",
    "/points_max_bp": "points_max",
    "/cash_min_minor": "cash_min",
    "/points_step": "points_step",
    "/delivery_tender": "delivery_tender",
    "/currency": "cash",
}


@blueprint.get("/delivery")
def delivery() -> str:
    """Tariffs, zones, points, and the policy of money beside points."""
    return _page([], {})


@blueprint.post("/delivery/import")
def import_table() -> Response | tuple[str, int]:
    """Take a table of tariffs, zones, pick-up points or grants."""
    given, file = forms.answers("table", "dry_run"), request.files.get("file")
    errors = [] if given["table"] in TABLES else [forms.error("table", "choose")]
    if file is None or not file.filename:
        errors.append(forms.error("file", "choose_file"))
    if errors or file is None:
        return _page(errors, given), 422
    content = file.stream.read()
    done: list[pricing.Imported] = []

    def work() -> None:
        program = chosen_program()
        done.append(TABLES[given["table"]](program.id, content, dry_run=bool(given["dry_run"])))

    try:
        transact(work)
    except Refusal as refusal:
        return _page([forms.error("file", "invalid", refusal.detail)], given), refusal.status
    if done[0].problems or given["dry_run"]:
        return _page([], given, done[0]), 422 if done[0].problems else 200
    program = transact(chosen_program)
    return redirect(url_for("desk.delivery", program=program.code, done="table_taken"), code=303)


import_table.body_max = BODY_MAX  # type: ignore[attr-defined]


@blueprint.post("/delivery/cash")
def set_cash() -> Response | tuple[str, int]:
    """Let money pay a part, or points alone."""
    given = forms.answers(*_POLICY)
    program = transact(chosen_program)
    policy, errors = None, list[dict[str, Any]]()
    if given["cash"]:
        numbers = {
            "points_min": forms.units(given["points_min"] or "0", 2),
            "points_max": forms.units(given["points_max"] or "100", 2),
            "cash_min": forms.units(given["cash_min"] or "0", program.currency_decimals),
            "points_step": forms.whole(given["points_step"] or "1"),
        }
        errors = [forms.error(name, "invalid") for name, number in numbers.items() if number is None or number < 0]
        if not errors:
            least, most, cash, step = (number or 0 for number in numbers.values())
            policy = pricing.CashPolicy(program.currency, least, most, cash, step, given["delivery_tender"] or "any")
    if errors:
        return _page(errors, given), 422
    errors, status = forms.tried(lambda: pricing.set_cash_policy(program.id, policy), _POLICY_FIELDS)
    if errors:
        return _page(errors, given), status
    return redirect(url_for("desk.delivery", program=program.code, done="cash_set"), code=303)


def tariffs(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of carriers' tariffs behind the id `cursor`, of all or of the carrier in the address."""
    program, carrier = chosen_program(), request.args.get("carrier", "")
    after = place(cursor) or 0
    found = pricing.tariffs_of(program.id, carrier=carrier, after_id=after, limit=limit + 1)
    more = found[limit - 1].id if len(found) > limit else None
    told = {"tariffs": found[:limit], "more": more, "next_cursor": more and str(more), "carrier": carrier}
    return {**choices(program), **told}


def _page(errors: forms.Errors, given: dict[str, str], taken: pricing.Imported | None = None) -> str:
    def work() -> dict[str, Any]:
        listed = tariffs(request.args.get("after"), PAGE)
        program = listed["program"]
        known = suppliers.standings(program.id)
        return {
            **listed,
            "services": [(one.name, service) for one in known for service in pricing.services(one.id)],
            "options": [(one.name, option) for one in known for option in pricing.delivery_options([one.id])[one.id]],
            "points": pricing.pickup_points(program.id, carrier=listed["carrier"], limit=20),
            "tenders": pricing.TENDERS,
            "answers": {**dict.fromkeys((*_POLICY, "table", "dry_run"), ""), **_policy(program.id), **given},
        }

    shown = {"taken": taken, "problems": taken.problems[:_SHOWN] if taken else [], "tables": tuple(TABLES)}
    return render_template("desk/delivery.html", errors=errors, **shown, **page("delivery"), **transact(work))


def _policy(program_id: int) -> dict[str, str]:
    found = pricing.cash_policy(program_id)
    if found is None:
        return {"points_min": "0", "points_max": "100", "points_step": "1", "delivery_tender": "any"}
    return {
        "cash": "yes",
        "points_min": f"{Decimal(found.points_min_bp) / 100}",
        "points_max": f"{Decimal(found.points_max_bp) / 100}",
        "cash_min": f"{Decimal(found.cash_min_minor) / 100}",
        "points_step": str(found.points_step),
        "delivery_tender": found.delivery_tender,
    }
