"""Four eyes: what waits for a second person, what it comes to in words, and the two answers to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access, members, programs
from coalition.console import forms
from coalition.console.frame import blueprint, currency_name, first_program
from coalition.kernel import approvals, audit, ids
from coalition.kernel.approvals import Approval
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.pages import use_zone

PAGE = 50


@blueprint.get("/approvals")
def approval_list() -> str:
    """What waits, or what is over."""
    context = transact(lambda: listed(request.args.get("cursor"), PAGE))
    return render_template("console/approvals.html", nav="approvals", **context)


@blueprint.get("/approvals/<approval>")
def approval(approval: str) -> str:
    """One request, in words."""
    return _page(approval, [], {})


@blueprint.post("/approvals/<approval>/approve")
def approve(approval: str) -> Response | tuple[str, int]:
    """Approve exactly what was shown, and do it at once: both, or neither."""
    number, seen = ids.parse("apr", approval), forms.seen()

    try:
        transact(lambda: approvals.carry_out(number, seen=seen))
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(approval, _said(refusal), {}), refusal.status
    return redirect(url_for("console.approval", approval=approval, done="approved"), code=303)


@blueprint.post("/approvals/<approval>/reject")
def reject(approval: str) -> Response | tuple[str, int]:
    """Refuse a request, with a reason; or take back one's own."""
    given = forms.answers("rejection")
    if not given["rejection"]:
        return _page(approval, [forms.error("rejection", "say_why")], given), 422
    try:
        transact(lambda: approvals.reject(ids.parse("apr", approval), given["rejection"]))
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(approval, _said(refusal), given), refusal.status
    return redirect(url_for("console.approval", approval=approval, done="rejected"), code=303)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """What waits, all of it; or a page of what is over."""
    use_zone(first_program().zone)
    if request.args.get("state") != "closed":
        return {"over": False, "approvals": _told(approvals.waiting()), "next_cursor": None}
    page = approvals.closed(cursor, limit)
    return {"over": True, "approvals": _told(page.items), "next_cursor": page.next_cursor}


def _page(public_id: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = approvals.get(ids.parse("apr", public_id))
        [shown] = _told([found])
        subject = str(shown["member"]["name"]) if shown["member"] else ""
        if shown["member"]:
            audit.record("member.viewed", found.subject, part="approval")
        return {"approval": shown, "subject": subject, "own": found.requested_by == audit.origin().actor}

    return render_template("console/approval.html", nav="approvals", errors=errors, answers=given, **transact(work))


def _told(found: Sequence[Approval]) -> list[dict[str, Any]]:
    names = access.names({one.requested_by for one in found} | {one.approver or "" for one in found})
    return [
        {
            "id": ids.public("apr", one.id),
            "kind": one.kind,
            "state": one.state,
            "reason": one.reason,
            "reason_code": one.payload.get("reason_code"),
            "requested_by": names.get(one.requested_by, one.requested_by),
            "requested_at": one.requested_at,
            "approver": names.get(one.approver, one.approver) if one.approver else None,
            "rejection": one.rejection,
            "seen": one.payload_hash.hex(),
            "member": _member(one.subject),
            "deed": _deed(one),
        }
        for one in found
    ]


def _member(subject: str) -> dict[str, str] | None:
    kind, _, number = subject.partition(":")
    if kind != "member" or not number.isdecimal():
        return None
    return {"id": ids.public("mbr", int(number)), "name": members.profile(int(number)).name}


def _deed(one: Approval) -> dict[str, Any]:
    """What a request comes to: the amount of an adjustment, the movement that a reversal undoes."""
    payload = one.payload
    if "amount" in payload and "currency_id" in payload:
        currency = programs.currency_by_id(payload["currency_id"])
        shown = {"amount": payload["amount"], "decimals": currency.decimals, "currency": currency_name(currency)}
        return {**shown, "code": currency.code}
    if "entry_id" in payload and "account_id" in payload:
        return {"movement": ids.public("mov", payload["account_id"], payload["entry_id"])}
    return {}


def _said(refusal: Refusal) -> forms.Errors:
    code = "wallet_short" if refusal.code == "insufficient_points" else refusal.code
    return [forms.error("", code, refusal.detail)]
