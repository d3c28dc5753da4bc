"""The suspense queue: receipts of members who are not known yet, or were refused when they came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import partners, programs, purchases
from coalition.console import forms
from coalition.console.frame import blueprint, choices, chosen_program, partner_names
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.pages import use_zone

PAGE = 50
STATES = ("waiting", "refused", "posted", "dismissed")


@blueprint.get("/suspense")
def suspense_list() -> str:
    """The receipts in one state, the oldest first."""
    return render_template(
        "console/suspense.html", nav="suspense", **transact(lambda: listed(request.args.get("cursor"), PAGE))
    )


@blueprint.post("/suspense/<receipt>/retry")
def suspense_retry(receipt: str) -> Response | tuple[str, int]:
    """Let a refused receipt be tried again."""
    program, number = _numbers(receipt)
    try:
        transact(lambda: purchases.retry_suspended(program.id, number))
    except NotFound:
        raise
    except Refusal as refusal:
        return _dismiss_page(receipt, [forms.error("", refusal.code, refusal.detail)], {}), refusal.status
    return redirect(url_for("console.suspense_list", program=program.code, done="suspense_retried"), code=303)


@blueprint.get("/suspense/<receipt>")
def suspense(receipt: str) -> str:
    """One receipt, and the form that gives it up."""
    return _dismiss_page(receipt, [], {})


@blueprint.post("/suspense/<receipt>/dismiss")
def suspense_dismiss(receipt: str) -> Response | tuple[str, int]:
    """Give a receipt up, with a reason."""
    program, number = _numbers(receipt)
    given = forms.answers("reason")
    if not given["reason"]:
        return _dismiss_page(receipt, [forms.error("reason", "say_why")], given), 422
    try:
        transact(lambda: purchases.dismiss_suspended(program.id, number, given["reason"]))
    except NotFound:
        raise
    except Refusal as refusal:
        return _dismiss_page(receipt, forms.refused(refusal, {"/reason": "reason"}), given), refusal.status
    return redirect(url_for("console.suspense_list", program=program.code, done="suspense_dismissed"), code=303)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the queue, by the filters in the address."""
    program = chosen_program()
    known = partners.list_partners(program.id)
    state = request.args.get("state", "waiting")
    state = state if state in STATES else "waiting"
    code = request.args.get("partner", "")
    partner = next((one for one in known if one.code == code), None)
    partner_id = partner.id if partner else None
    page = purchases.suspended(program.id, cursor, limit, partner_id=partner_id, state=state)
    return {
        **choices(program),
        "state": state,
        "partner": partner.code if partner else "",
        "partners": known,
        "receipts": _told(program, page.items),
        "next_cursor": page.next_cursor,
    }


def _dismiss_page(public_id: str, errors: forms.Errors, given: dict[str, str]) -> str:
    program, number = _numbers(public_id)
    found = transact(lambda: purchases.one_suspended(program.id, number))
    [shown] = transact(lambda: _told(program, [found]))
    more = {"errors": errors, "answers": given, "program": program}
    return render_template("console/suspended.html", nav="suspense", receipt=shown, **more)


def _told(program: programs.Program, found: Sequence[purchases.Suspense]) -> list[dict[str, Any]]:
    names = partner_names(program.id)
    back = purchases.waiting_returns(program.id, [one.id for one in found])
    return [
        {
            "id": ids.public("sus", one.program_id, one.id),
            "number": one.external_id,
            "partner": names.get(one.partner_id),
            "kind": one.member_kind,
            "hint": one.hint,
            "state": one.state,
            "reason": one.reason,
            "purchase": ids.public("pur", one.purchase_id) if one.purchase_id else None,
            "registry": ids.public("reg", one.registry_id) if one.registry_id else None,
            "line": one.line,
            "occurred_at": one.occurred_at,
            "created_at": one.created_at,
            "resolved_at": one.resolved_at,
            "total": one.total,
            "currency": one.currency,
            "decimals": program.currency_decimals,
            "returns": [_back(waits) for waits in back.get(one.id, ())],
        }
        for one in found
    ]


def _back(waits: purchases.WaitingReturn) -> dict[str, Any]:
    return {
        "kind": waits.kind,
        "number": waits.external_id,
        "occurred_at": waits.occurred_at,
        "lines": [{"no": one.no, "qty_m": one.qty_m} for one in waits.lines],
        "of_bank": waits.of_bank,
        "registry": ids.public("reg", waits.registry_id) if waits.registry_id else None,
        "line": waits.line,
    }


def _numbers(public_id: str) -> tuple[programs.Program, int]:
    program_id, number = ids.parse_many("sus", public_id, 2)
    program = transact(lambda: programs.get(program_id))
    use_zone(program.zone)
    return program, number
