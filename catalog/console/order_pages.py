"""The orders board: what waits for a decision, what is stuck, late or in doubt; and one order, all that is known."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import orders, shipments, suppliers
from catalog.console.frame import blueprint, choices, chosen_program, open_to_support, page
from coalition import members, programs
from coalition.console import forms
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import use_zone

PAGE = 50
VIEWS = ("cases", "stuck", "late", "in_doubt", "parcels", "open")


@blueprint.get("/orders")
@open_to_support
def board() -> str:
    """Cases, alarms, parcels in trouble, or everything under way."""
    return render_template(
        "desk/board.html", **page("orders"), **transact(lambda: listed(request.args.get("cursor"), PAGE))
    )


@blueprint.get("/orders/<order>")
@open_to_support
def staff_order(order: str) -> str:
    """One order: its parcels, what was said to suppliers, what happened, and what is asked of people."""
    return _page(order, [], {})


@blueprint.post("/orders/<order>/cases/<int:case>")
def decide_case(order: str, case: int) -> Response | tuple[str, int]:
    """Decide what a machine cannot."""
    given = forms.answers("decision", "reason", "external_id")
    if not given["reason"]:
        return _page(order, [forms.error("reason", "say_why")], given), 422

    def work() -> None:
        found = _order(order)
        if orders.case(found.program_id, case).order_id != found.id:
            raise NotFound()
        more = {"external_id": given["external_id"] or None}
        orders.decide(found.program_id, case, given["decision"], given["reason"], **more)

    names = {"/reason": "reason", "/decision": "decision", "/external_id": "external_id"}
    errors, status = forms.tried(work, names)
    if errors:
        return _page(order, errors, given), status
    return redirect(url_for("desk.staff_order", order=order, done="case_decided"), code=303)


@blueprint.post("/parcels/<shipment>/seen")
def dismiss_parcel(shipment: str) -> Response:
    """Somebody has looked at a parcel in trouble."""

    def work() -> programs.Program:
        program = chosen_program()
        shipments.dismiss(program.id, ids.parse("shp", shipment), forms.answers("note")["note"] or "seen")
        return program

    program = transact(work)
    return redirect(url_for("desk.board", program=program.code, view="parcels", done="parcel_seen"), code=303)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the board: the view and the supplier that the address names."""
    program, view = chosen_program(), request.args.get("view", "cases")
    view = view if view in VIEWS else "cases"
    known = suppliers.standings(program.id)
    names = {one.id: one.name for one in known}
    chosen = next((one for one in known if one.code == request.args.get("supplier", "")), None)
    rows, next_cursor = _rows(program.id, view, chosen.id if chosen else None, names, (cursor, limit))
    return {
        **choices(program),
        "view": view,
        "suppliers": known,
        "supplier": chosen.code if chosen else "",
        "loads": {one.supplier_id: one for one in orders.loads(program.id)},
        "waiting": len(orders.cases(program.id, limit=100).items),
        "rows": rows,
        "next_cursor": next_cursor,
    }


def _rows(
    program_id: int, view: str, supplier_id: int | None, names: dict[int, str], at: tuple[str | None, int]
) -> tuple[list[dict[str, Any]], str | None]:
    cursor, limit = at
    if view == "cases":
        asked = orders.cases(program_id, cursor=cursor, limit=limit)
        return [_case(one, names) for one in asked.items], asked.next_cursor
    if view == "parcels":
        parcels = shipments.alarms(program_id, cursor=cursor, limit=limit)
        return [_alarm(one, names) for one in parcels.items], parcels.next_cursor
    found = orders.board(program_id, view, supplier_id=supplier_id, cursor=cursor, limit=limit)
    return [_boarded(one, names) for one in found.items], found.next_cursor


def _case(one: orders.Case, names: dict[int, str]) -> dict[str, Any]:
    facts = ("kind", "state", "decision", "reason", "opened_at", "closed_at", "closed_by", "consignment_state", "facts")
    return {
        "id": one.id,
        "order": ids.public("ord", one.order_id),
        "supplier": names.get(one.supplier_id),
        "allowed": one.allowed,
        **{name: getattr(one, name) for name in facts},
    }


def _alarm(one: shipments.Alarm, names: dict[int, str]) -> dict[str, Any]:
    facts = ("kind", "carrier", "tracking_no", "leg", "status", "incident", "since", "expected_on")
    return {
        "id": ids.public("shp", one.shipment_id),
        "order": ids.public("ord", one.order_id),
        "supplier": names.get(one.supplier_id),
        **{name: getattr(one, name) for name in facts},
    }


def _boarded(one: orders.BoardRow, names: dict[int, str]) -> dict[str, Any]:
    facts = ("no", "state", "reason", "expected_on", "sla_due_at", "placed_at", "alarms", "case_id")
    return {
        "order": ids.public("ord", one.order_id),
        "supplier": names.get(one.supplier_id),
        **{name: getattr(one, name) for name in facts},
    }


def _order(public_id: str) -> orders.Order:
    """An order of any program, with its zone in use."""
    number = ids.parse("ord", public_id)
    for program in programs.list_programs():
        try:
            found = orders.find(program.id, number)
        except NotFound:
            continue
        use_zone(program.zone)
        return found
    raise NotFound()


def _page(public_id: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = _order(public_id)
        program, currency = programs.get(found.program_id), programs.currency_by_id(found.currency_id)
        known = {one.id: one for one in suppliers.standings(program.id)}
        parcels = shipments.of_consignments(one.id for one in found.consignments)
        return {
            **choices(program),
            "order": found,
            "order_id": public_id,
            "member": members.get(found.program_id, found.member_id),
            "member_id": ids.public("mbr", found.member_id),
            "currency": currency,
            "names": {number: one.name for number, one in known.items()},
            "parcels": parcels,
            "cases": [_case(one, {number: s.name for number, s in known.items()}) for one in orders.cases_of(found.id)],
            "returns": [(ids.public("rma", one.id), one) for one in orders.returns_of(found.id)],
            "calls": {one.id: suppliers.calls(one.supplier_id, one.client_ref, 20) for one in found.consignments},
        }

    return render_template("desk/order.html", errors=errors, answers=given, **page("orders"), **transact(work))
