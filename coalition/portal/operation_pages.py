"""A partner's receipts: found by number, member, outlet, days and amount; and one of them with all its points did.

A card or a phone number is posted and never stands in an address; the address names the member that it means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import members, partners, programs, purchases
from coalition.console import forms
from coalition.console.frame import currency_name
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import DEFAULT_LIMIT, Page
from coalition.portal.frame import blueprint, viewer
from coalition.portal.sifting import Filters
from coalition.purchases import Sought
from coalition.site.viewer import Colleague

_FILTERS = ("number", "outlet", "since", "until", "least", "most", "member", "state")


@blueprint.get("/operations")
def operations() -> tuple[str, int]:
    """The receipts that the address asks for, the latest first."""
    found = transact(lambda: listed(request.args.get("cursor"), DEFAULT_LIMIT))
    return _page(found), 422 if found["errors"] else 200


@blueprint.post("/operations")
def find_member() -> Response | tuple[str, int]:
    """The receipts of the member who has what was typed: a card, a phone, an e-mail address, a number."""
    typed = forms.answers("who")["who"]

    found = transact(lambda: meant(viewer(), typed))
    if len(found) == 1:
        return redirect(url_for("portal.operations", member=ids.public("mbr", found[0])), code=303)
    code = "member_unknown" if typed else "required"
    context = transact(lambda: listed(None, DEFAULT_LIMIT))
    return _page(context | {"errors": [forms.error("who", code)], "who": typed}), 422


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the receipts, by the filters of the address. Raises Invalid for a cursor that is not ours."""
    colleague, filters = viewer(), Filters(*_FILTERS)
    program = programs.get(colleague.program_id)
    outlets = partners.list_outlets(colleague.partner_id)
    sought = _sought(colleague, program, filters, outlets)
    page: Page[purchases.Purchase] = Page([]) if filters.errors else purchases.search(sought, cursor, limit)
    return {
        "receipts": _rows(program, page.items, outlets),
        "next_cursor": page.next_cursor,
        "filters": filters,
        "chosen": filters.chosen,
        "errors": filters.errors,
        "outlets": outlets,
        "currency": program.currency,
        "who": "",
    }


def _page(context: dict[str, Any]) -> str:
    return render_template("portal/operations.html", nav="portal-operations", **context)


def _sought(
    colleague: Colleague, program: programs.Program, filters: Filters, outlets: Sequence[partners.Outlet]
) -> Sought:
    chosen, decimals = filters.chosen, program.currency_decimals
    outlet = next((one.id for one in outlets if one.code == chosen["outlet"]), 0 if chosen["outlet"] else None)
    return Sought(
        colleague.partner_id,
        number=chosen["number"],
        member_ids=_member_ids(chosen["member"]),
        outlet_id=outlet,
        since=filters.start("since", program.zone),
        until=filters.end("until", program.zone),
        least=filters.amount("least", decimals),
        most=filters.amount("most", decimals),
        returned=chosen["state"] == "returned",
    )


def _member_ids(public_id: str) -> list[int] | None:
    """The numbers under which a member bought: today's and those that were merged into it; none that is unknown."""
    if not public_id:
        return None
    try:
        number = members.survivor(ids.parse("mbr", public_id))
    except NotFound:
        return []
    return [number, *members.absorbed(number)]


def meant(colleague: Colleague, typed: str) -> list[int]:
    """The members whom the partner knows and who have what was typed."""
    if not typed:
        return []
    audit.record("member.sought", f"partner:{colleague.partner_id}")
    try:
        found = [ids.parse("mbr", typed)]
    except NotFound:
        found = members.search(colleague.program_id, [colleague.partner_id], typed)
    known = {members.survivor(number) for number in found}
    return sorted(number for number in known if members.visible_to(colleague.partner_id, number))


def _rows(
    program: programs.Program, found: Sequence[purchases.Purchase], outlets: Sequence[partners.Outlet]
) -> list[dict[str, Any]]:
    came = purchases.came([one.id for one in found])
    names = {one.id: one.name for one in outlets}
    currencies = {one.id: one for one in programs.currencies(program.id)}
    return [
        {
            "id": ids.public("pur", one.id),
            "number": one.external_id,
            "occurred_at": one.occurred_at,
            "outlet": names.get(one.outlet_id, ""),
            "member": ids.public("mbr", one.member_id) if one.member_id else None,
            "total_minor": one.total_minor,
            "currency": one.currency,
            "decimals": program.currency_decimals,
            "points": [_points(units, currencies[number]) for number, units in came[one.id].points.items()],
            "points_paid_minor": one.points_paid_minor,
            "refund_minor": came[one.id].refund_minor,
            "state": came[one.id].state,
        }
        for one in found
    ]


def _points(units: int, currency: programs.Currency) -> dict[str, Any]:
    return {"units": units, "decimals": currency.decimals, "name": currency_name(currency)}
