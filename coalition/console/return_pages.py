"""Staff give a purchase back, in part or as a whole, in the name of its partner.

Points are put right as if the till had done it; the money is paid back where it was paid.
"""

from __future__ import annotations

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import purchases
from coalition.console import forms, giving_back
from coalition.console.frame import blueprint
from coalition.console.purchase_page import seen
from coalition.kernel import ids
from coalition.kernel.db import transact


@blueprint.get("/purchases/<purchase>/return")
def return_form(purchase: str) -> str:
    """Which lines come back, and why."""
    return _page(purchase, [], giving_back.blank(), [])


@blueprint.post("/purchases/<purchase>/return")
def give_back(purchase: str) -> Response | tuple[str, int]:
    """Record the return or the void."""
    number = ids.parse("pur", purchase)
    _, lines = transact(lambda: purchases.whole(number))
    form = giving_back.asked(lines)
    if form.errors:
        return _page(purchase, form.errors, form.answers, form.picked), 422
    errors, status = giving_back.done(form, number, "console")
    if errors:
        return _page(purchase, errors, form.answers, form.picked), status
    done = "purchase_voided" if form.voids else "purchase_returned"
    return redirect(url_for("console.purchase", purchase=purchase, done=done), code=303)


def _page(public_id: str, errors: forms.Errors, given: dict[str, str], picked: list[int]) -> str:
    context = transact(lambda: seen(public_id))
    more = {"errors": errors, "answers": given, "picked": picked}
    return render_template("console/purchase_return.html", nav="members", **context, **more)
