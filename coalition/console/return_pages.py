"""Staff give a purchase back, in part or as a whole, in the name of its partner: with a reason, once, and written down.

Points are put right as if the till had done it; the money is paid back where it was paid.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import purchases
from coalition.console import forms
from coalition.console.frame import blueprint
from coalition.console.purchase_page import seen
from coalition.kernel import audit, clock, ids
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.purchases import RETURN, VOID, Refused, Return

_DECIMALS = 3


@blueprint.get("/purchases/<purchase>/return")
def return_form(purchase: str) -> str:
    """Which lines come back, and why."""
    return _page(purchase, [], {"key": forms.new_key(), "kind": RETURN}, [])


@blueprint.post("/purchases/<purchase>/return")
def give_back(purchase: str) -> Response | tuple[str, int]:
    """Record the return or the void."""
    number = ids.parse("pur", purchase)
    _, lines = transact(lambda: purchases.whole(number))
    given = forms.answers("kind", "reason", *(f"qty-{line.no}" for line in lines)) | {"key": forms.sent_key()}
    picked = [line for line in lines if str(line.no) in forms.picked("lines")]
    errors: forms.Errors = [] if given["reason"] else [forms.error("reason", "say_why")]
    wanted = {line.no: forms.units(given[f"qty-{line.no}"], _DECIMALS) for line in picked if given[f"qty-{line.no}"]}
    voiding = given["kind"] == VOID
    if not voiding:
        errors += [forms.error(f"qty-{no}", "quantity") for no, qty in wanted.items() if qty is None or qty <= 0]
        errors += [] if picked else [forms.error("lines", "choose_lines")]
    if errors:
        return _page(purchase, errors, given, [line.no for line in picked]), 422
    body: dict[str, Any] = {"external_id": f"console-{given['key']}", "occurred_at": clock.now().isoformat()}
    if not voiding:
        body["lines"] = [{"no": line.no, "qty_m": wanted.get(line.no)} for line in picked]
    request = replace(purchases.read_return(body, VOID if voiding else RETURN), purchase_id=number)
    pointers = {f"/lines/{at}/{part}": f"qty-{line.no}" for at, line in enumerate(picked) for part in ("no", "qty_m")}
    errors, status = forms.tried(lambda: _record(number, request, given["reason"]), pointers)
    if errors:
        worded = [one | {"code": "quantity"} if one["field"] else one for one in errors]
        return _page(purchase, worded, given, [line.no for line in picked]), status
    done = "purchase_voided" if voiding else "purchase_returned"
    return redirect(url_for("console.purchase", purchase=purchase, done=done), code=303)


def _record(number: int, request: Return, reason: str) -> None:
    """Record it once: the same form sent again changes nothing. Raises what refuses it."""
    found, _ = purchases.whole(number)
    known = purchases.explain(found.partner_id, number, language()).returns
    if any(one.returned.external_id == request.external_id for one in known):
        return
    [made] = purchases.record_returns(found.partner_id, [request])
    if isinstance(made, Refused):
        raise made.refusal
    subject = f"member:{found.member_id}" if found.member_id else f"purchase:{number}"
    facts = {"purchase": ids.public("pur", number), "receipt": found.external_id, "number": request.external_id}
    audit.record(f"purchase.{request.kind}", subject, **facts, refund=made.refund, reason=reason)


def _page(public_id: str, errors: forms.Errors, given: dict[str, str], picked: list[int]) -> str:
    context = transact(lambda: seen(public_id))
    more = {"errors": errors, "answers": given, "picked": picked}
    return render_template("console/purchase_return.html", nav="members", **context, **more)
