"""One receipt of the partner: its lines, payments and points, and giving it back line by line, or voiding it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import members, purchases
from coalition.console import forms, giving_back, purchase_page
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.portal import own
from coalition.portal.frame import blueprint, manager, viewer
from coalition.site.viewer import Colleague


@blueprint.get("/operations/<purchase>")
def receipt(purchase: str) -> str:
    """One receipt, with why each point moved."""
    return render_template("portal/receipt.html", nav="portal-operations", **transact(lambda: _seen(purchase)))


@blueprint.get("/operations/<purchase>/return")
def return_form(purchase: str) -> str:
    """Which lines come back, and why."""
    return _form(purchase, [], giving_back.blank(), [])


@blueprint.post("/operations/<purchase>/return")
def give_back(purchase: str) -> Response | tuple[str, int]:
    """Record the return or the void; the same form sent again changes nothing."""
    found, lines = transact(lambda: own.purchase(manager(), purchase))
    form = giving_back.asked(lines)
    errors, status = (form.errors, 422) if form.errors else giving_back.done(form, found.id, "portal")
    if errors:
        return _form(purchase, errors, form.answers, form.picked), status
    said = "purchase_voided" if form.voids else "purchase_returned"
    return redirect(url_for("portal.receipt", purchase=purchase, said=said), code=303)


def _form(purchase: str, errors: forms.Errors, given: dict[str, str], picked: list[int]) -> str:
    def work() -> dict[str, Any]:
        manager()
        return _seen(purchase)

    more = {"errors": errors, "answers": given, "picked": picked}
    return render_template("portal/receipt_return.html", nav="portal-operations", **transact(work), **more)


def _seen(public_id: str) -> dict[str, Any]:
    """A receipt as its partner may see it: where points came from that paid, but not the receipts of others."""
    colleague = viewer()
    found, lines = own.purchase(colleague, public_id)
    shown = purchase_page.told(found, lines)
    for one in shown["tender"]:
        one["lots"] = [lot | {"reference": ""} for lot in one["lots"]]
    return {
        **shown,
        "person": _person(colleague, found.member_id),
        "payments": purchases.payments(found.id),
        "may_change": "partner_admin" in colleague.roles,
    }


def _person(colleague: Colleague, member_id: int | None) -> dict[str, Any] | None:
    """Whose receipt it is: a name only where the partner may know it. A look at it is a look at its member."""
    if member_id is None:
        return None
    sight = own.sight(colleague, member_id)
    audit.record("member.viewed", f"member:{member_id}", part="purchase")
    if sight is None:
        return {"id": None, "name": ""}
    name = members.profile(sight.member.id).name if sight.intimate else ""
    return {"id": ids.public("mbr", sight.member.id), "name": name}
