"""Adjustments by finance: one person asks with a reason, a second one answers; what was booked, and where."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access, partners, programs
from coalition.console import forms
from coalition.kernel import approvals, audit, ids
from coalition.kernel.approvals import Approval
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.pages import use_zone
from coalition.kernel.web.paging import place
from coalition.site.viewer import require_role
from settlement import accruals, statements

blueprint = Blueprint("adjustments", "settlement", template_folder="templates", url_prefix="/console/adjustments")
_PAGE = 50
_KINDS = ("settlement.adjust", "settlement.reopen")
_FIELDS = {
    "/legal_entity": "company",
    "/amount": "amount",
    "/reason_code": "reason_code",
    "/note": "note",
    "/movement": "movement",
    "/statement": "company",
}


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("")
def index() -> str:
    """What waits, what was booked, and the form of a new adjustment."""
    return _index([], {})


@blueprint.post("")
def ask() -> Response | tuple[str, int]:
    """Ask for an adjustment; it waits for a second person."""
    given = forms.answers("company", "direction", "amount", "reason_code", "note", "movement")
    errors, entity_id, amount = _read(given)
    if errors:
        return _index(errors, given), 422
    movement, key = given["movement"] or None, forms.sent_key()
    found: list[Approval] = []

    def work() -> None:
        words = (given["reason_code"], given["note"])
        found.append(statements.adjust(entity_id, amount, *words, key=key, movement_id=movement))

    errors, status = forms.tried(work, _FIELDS)
    if errors:
        return _index(errors, given), status
    return redirect(url_for("adjustments.asked", approval=ids.public("apr", found[-1].id)), code=303)


@blueprint.get("/requests/<approval>")
def asked(approval: str) -> str:
    """One request, in words: exactly what would be done."""
    return _asked(approval, [], {})


@blueprint.post("/requests/<approval>/approve")
def approve(approval: str) -> Response | tuple[str, int]:
    """Approve exactly what was shown, and do it at once: both, or neither."""
    seen = forms.seen()

    def work() -> None:
        found = _request(approval)
        approvals.carry_out(found.id, seen=seen)

    return _answered(approval, work, {})


@blueprint.post("/requests/<approval>/refuse")
def refuse(approval: str) -> Response | tuple[str, int]:
    """Refuse what was asked for, with a reason; or take back one's own request."""
    given = forms.answers("rejection")
    if not given["rejection"]:
        return _asked(approval, [forms.error("rejection", "say_why")], given), 422
    return _answered(approval, lambda: approvals.reject(_request(approval).id, given["rejection"]), given)


def _read(given: dict[str, str]) -> tuple[forms.Errors, int, int]:
    errors = [forms.error("note", "say_why")] if not given["note"] else []
    try:
        entity = transact(lambda: partners.entity(ids.parse("ent", given["company"])))
    except NotFound:
        return [*errors, forms.error("company", "choose")], 0, 0
    decimals = transact(lambda: programs.get(entity.program_id)).currency_decimals
    amount = forms.units(given["amount"], decimals)
    if amount is None or amount <= 0:
        errors.append(forms.error("amount", "amount"))
    if given["direction"] not in ("receives", "pays"):
        errors.append(forms.error("direction", "choose"))
    return errors, entity.id, (amount or 0) * (1 if given["direction"] == "receives" else -1)


def _answered(approval: str, work: Any, given: dict[str, str]) -> Response | tuple[str, int]:
    try:
        transact(work)
    except NotFound:
        raise
    except Refusal as refusal:
        return _asked(approval, [forms.error("", refusal.code, refusal.detail)], given), refusal.status
    return redirect(url_for("adjustments.asked", approval=approval), code=303)


def _request(public_id: str) -> Approval:
    found = approvals.get(ids.parse("apr", public_id))
    if found.kind not in _KINDS:
        raise NotFound()
    return found


def _asked(public_id: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = _request(public_id)
        return {"asked": _told(found), "own": found.requested_by == audit.origin().actor}

    return render_template(
        "settlement/adjustment.html", nav="settlement", errors=errors, answers=given, **transact(work)
    )


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of what was booked in a program, behind the id `cursor`, and all that waits."""
    known = programs.list_programs()
    chosen = request.args.get("program", "")
    program = next((one for one in known if one.code == chosen), known[0]) if known else None
    if program is None:
        return {"program": None, "programs": [], "companies": [], "waiting": [], "booked": [], "older": None}
    use_zone(program.zone)
    operator_id = partners.operator_entity(program.id).id
    companies = [one for one in partners.entities(program.id) if one.id != operator_id]
    before = place(cursor)
    booked = statements.adjustments(program.id, before=before, limit=limit + 1)
    names = {one.id: one.name for one in companies}
    older = booked[limit - 1].id if len(booked) > limit else None
    return {
        "program": program,
        "programs": known,
        "companies": [{"id": ids.public("ent", one.id), "name": one.name} for one in companies],
        "waiting": [_told(one) for one in statements.proposed(list(names))],
        "booked": [{"row": one, "company": names.get(one.legal_entity_id, "")} for one in booked[:limit]],
        "older": older,
        "next_cursor": older and str(older),
    }


def _index(errors: forms.Errors, given: dict[str, str]) -> str:
    context = transact(lambda: listed(request.args.get("before"), _PAGE))
    answers = {"direction": "receives", "reason_code": "error", "key": forms.new_key(), **given}
    return render_template(
        "settlement/adjustments.html",
        nav="settlement",
        errors=errors,
        answers=answers,
        reasons=statements.REASONS,
        **context,
    )


def _told(found: Approval) -> dict[str, Any]:
    """A request in words: the company and the amount of an adjustment, or the period that is to be opened again."""
    names = access.names({found.requested_by, found.approver or ""})
    told: dict[str, Any] = {
        "id": ids.public("apr", found.id),
        "kind": found.kind,
        "state": found.state,
        "reason": found.reason,
        "requested_by": names.get(found.requested_by, found.requested_by),
        "requested_at": found.requested_at,
        "approver": names.get(found.approver, found.approver) if found.approver else None,
        "rejection": found.rejection,
        "seen": found.payload_hash.hex(),
    }
    if found.kind == "settlement.reopen":
        period = accruals.get_period(found.payload["period_id"])
        return {**told, "program": programs.get(period.program_id), "period": period.code}
    entity = partners.entity(found.payload["legal_entity_id"])
    return {**told, "program": programs.get(entity.program_id), "company": entity.name, "deed": found.payload}
