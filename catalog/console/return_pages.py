"""Returns of orders as staff see them: permitted or refused, received, inspected, and paid back piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import orders, shipments, suppliers
from catalog.console.frame import blueprint, choices, chosen_program, open_to_support, page
from coalition import programs
from coalition.console import forms
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import language, use_zone

PAGE = 50
OPEN = ("requested", "authorized", "in_transit", "received", "inspected")
GROUPS = {"open": OPEN, "requested": ("requested",), "received": ("received", "inspected"), "all": ()}
DEEDS = ("authorize", "refuse", "parcel", "receive", "inspect", "decide", "lose", "close")
_NEEDS_NOTE = ("refuse", "decide", "lose")


@blueprint.get("/returns")
@open_to_support
def return_list() -> str:
    """The program's returns, the newest first."""
    return render_template(
        "desk/returns.html", **page("returns"), **transact(lambda: listed(request.args.get("cursor"), PAGE))
    )


@blueprint.get("/returns/<number>")
@open_to_support
def one_return(number: str) -> str:
    """One return with its pieces, and what can be done about it now."""
    return _page(number, [], {})


@blueprint.post("/returns/<number>/<deed>")
def go_on_with_return(number: str, deed: str) -> Response | tuple[str, int]:
    """Take a return one step further."""
    if deed not in DEEDS:
        raise NotFound()
    given = forms.answers("note", "label_url", "carrier", "tracking_no", *[f"qty_{key}" for key in _line_numbers()])
    if deed in _NEEDS_NOTE and not given["note"]:
        return _page(number, [forms.error("note", "say_why")], given), 422
    if deed == "parcel" and not given["tracking_no"]:
        return _page(number, [forms.error("tracking_no", "required")], given), 422
    pieces = {int(key): forms.whole(given[f"qty_{key}"] or "0") for key in _line_numbers()}
    wrong = [forms.error(f"qty_{no}", "quantity") for no, qty in pieces.items() if qty is None or qty < 0]
    if wrong:
        return _page(number, wrong, given), 422
    counted = {no: qty for no, qty in pieces.items() if qty is not None}

    def work() -> None:
        found = _find(number)
        _doing(found, given, counted)[deed]()

    fields = {"/lines": f"qty_{next(iter(pieces), 1)}", "/parcel/tracking_no": "tracking_no"}
    errors, status = forms.tried(work, fields)
    if errors:
        return _page(number, errors, given), status
    return redirect(url_for("desk.one_return", number=number, done=f"return_{deed}"), code=303)


def _doing(found: orders.Return, given: dict[str, str], pieces: dict[int, int]) -> dict[str, Callable[[], object]]:
    at, note = (found.program_id, found.id), given["note"]
    return {
        "authorize": lambda: orders.authorize_return(*at, label_url=given["label_url"] or None, note=note or None),
        "refuse": lambda: orders.refuse_return(*at, note),
        "parcel": lambda: shipments.register_return(found.id, given["carrier"], given["tracking_no"][:60]),
        "receive": lambda: orders.receive_return(*at, pieces),
        "inspect": lambda: orders.inspect_return(*at, note or None),
        "decide": lambda: orders.decide_return(*at, {no: qty for no, qty in pieces.items() if qty}, note),
        "lose": lambda: orders.lose_return(*at, note),
        "close": lambda: orders.close_return(*at),
    }


def _line_numbers() -> list[str]:
    found = (name.removeprefix("qty_") for name in request.form if name.startswith("qty_"))
    return [key for key in found if key.isdecimal() and len(key) < 6][:500]


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the returns of the group in the address."""
    program = chosen_program()
    group = request.args.get("group", "open")
    group = group if group in GROUPS else "open"
    found = orders.returns(program.id, states=GROUPS[group], cursor=cursor, limit=limit)
    rows = [{**_told(one), "pieces": sum(item.qty for item in one.items)} for one in found.items]
    return {**choices(program), "group": group, "returns": rows, "next_cursor": found.next_cursor}


def _told(one: orders.Return) -> dict[str, Any]:
    names = ("state", "reason", "comment", "note", "address", "label_url", "requested_at", "send_until")
    more = ("refund_points", "refund_cash_minor", "changes")
    return {
        "id": ids.public("rma", one.id),
        "order": ids.public("ord", one.order_id),
        **{name: getattr(one, name) for name in names + more},
    }


def _find(number: str) -> orders.Return:
    key = ids.parse("rma", number)
    for program in programs.list_programs():
        try:
            found = orders.find_return(program.id, key)
        except NotFound:
            continue
        use_zone(program.zone)
        return found
    raise NotFound()


def _page(number: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = _find(number)
        program = programs.get(found.program_id)
        order = orders.find(program.id, found.order_id)
        share = next(one for one in order.consignments if one.id == found.consignment_id)
        lines = {line.no: line for line in order.lines}
        pieces = [{"title": lines[one.line_no].title(language()), **_item(one)} for one in found.items]
        return {
            **choices(program),
            "found": _told(found),
            "pieces": pieces,
            "supplier": suppliers.get(share.supplier_id),
            "currency": programs.currency_by_id(order.currency_id),
            "order": order,
            "carriers": [(one.code, one.name) for one in shipments.carriers()],
            "answers": given,
        }

    return render_template("desk/return.html", errors=errors, **page("returns"), **transact(work))


def _item(item: orders.ReturnItem) -> dict[str, Any]:
    names = ("line_no", "qty", "reception", "received_qty", "acceptance", "accepted_qty", "points", "cash_minor")
    return {name: getattr(item, name) for name in names}
