"""Finance's pages of disputes: the list with its deadlines, and one dispute with what was said and its decision."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import partners, programs
from coalition.console import forms
from coalition.console.frame import chosen_program
from coalition.kernel import approvals, ids
from coalition.kernel.db import transact
from coalition.kernel.web.pages import use_zone
from settlement import reconciliation, statements
from settlement.reconciliation import STATES, Dispute

PAGE = 50
_FIELDS = {"/outcome": "outcome", "/granted": "granted", "/text": "text"}


def register(blueprint: Blueprint) -> None:
    """Let these pages be part of the blueprint of reconciliations."""
    blueprint.add_url_rule("/disputes", "disputes", disputes)
    blueprint.add_url_rule("/disputes/<dispute_id>", "dispute", dispute)
    blueprint.add_url_rule("/disputes/<dispute_id>/comments", "comment", comment, methods=["POST"])
    blueprint.add_url_rule("/disputes/<dispute_id>", "decide", decide, methods=["POST"])


def disputes() -> str:
    """The disputes of a program, the latest first: all, of one state, or those that are overdue."""
    state = request.args.get("state", "")

    def work() -> dict[str, Any]:
        program = chosen_program()
        page = reconciliation.list_disputes(
            program.id,
            request.args.get("cursor"),
            PAGE,
            state=state if state in STATES else "",
            overdue=state == "overdue",
        )
        names = {one.id: one.name for one in partners.list_partners(program.id)}
        return {
            "program": program,
            "programs": programs.list_programs(),
            "state": state,
            "standing": reconciliation.standing(program.id),
            "disputes": [_told(one, names.get(one.partner_id, "")) for one in page.items],
            "next_cursor": page.next_cursor,
            "places": program.currency_decimals,
        }

    return render_template("settlement/disputes.html", nav="settlement", **transact(work))


def dispute(dispute_id: str) -> str:
    """One dispute."""
    return _one(dispute_id, [], {})


def comment(dispute_id: str) -> BaseResponse | tuple[str, int]:
    """Say something in the operator's name."""
    answers = forms.answers("comment")
    found = transact(lambda: _found(dispute_id))
    errors, status = forms.tried(
        lambda: reconciliation.comment(found, "operator", answers["comment"]), {"/text": "comment"}
    )
    if errors:
        return _one(dispute_id, errors, answers), status
    return redirect(url_for("reconciliation.dispute", dispute_id=dispute_id), code=303)


def decide(dispute_id: str) -> BaseResponse | tuple[str, int]:
    """Decide a dispute; what is granted waits as an adjustment for a second person."""
    answers = forms.answers("outcome", "granted", "text")
    found = transact(lambda: _found(dispute_id))
    places = transact(lambda: programs.get(found.program_id).currency_decimals)
    granted = forms.units(answers["granted"], places) if answers["granted"] else None
    errors, status = forms.tried(
        lambda: reconciliation.decide(found.id, answers["outcome"], answers["text"], granted), _FIELDS
    )
    if errors:
        return _one(dispute_id, errors, answers), status
    return redirect(url_for("reconciliation.dispute", dispute_id=dispute_id), code=303)


def _one(dispute_id: str, errors: forms.Errors, answers: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = _found(dispute_id)
        program, partner = programs.get(found.program_id), partners.get(found.partner_id)
        use_zone(program.zone)
        return {
            "program": program,
            "dispute": _told(found, partner.name),
            "comments": reconciliation.comments(found.id),
            "adjustment": _adjustment(found),
            "run": None if found.reconciliation_id is None else ids.public("rcn", found.reconciliation_id),
            "places": program.currency_decimals,
        }

    context = transact(work)
    return render_template("settlement/dispute.html", nav="settlement", **context, errors=errors, answers=answers)


def _adjustment(found: Dispute) -> dict[str, Any] | None:
    """What has become of the adjustment that was asked for."""
    if found.approval_id is None:
        return None
    asked = approvals.get(found.approval_id)
    return {"state": asked.state, "amount_minor": found.sign * found.granted_minor, "rejection": asked.rejection}


def _told(one: Dispute, partner: str) -> dict[str, Any]:
    names = ("side", "sign", "amount_minor", "granted_minor", "currency", "reason", "evidence", "state", "decision")
    statement = statements.get(one.statement_id)
    numbers = reconciliation.document_ids(one.statement_id)
    return {
        "id": ids.public("dsp", one.id),
        "partner": partner,
        "statement": {"id": ids.public("stm", statement.id), "number": statement.number, "state": statement.state},
        "document": None if one.document_id is None else numbers.index(one.document_id) + 1,
        "movement": one.movement_id,
        **{name: getattr(one, name) for name in names},
        "opened_at": one.opened_at,
        "due_at": one.due_at,
        "decided_at": one.decided_at,
        "late": one.overdue,
    }


def _found(public_id: str) -> Dispute:
    return reconciliation.get(ids.parse("dsp", public_id))
