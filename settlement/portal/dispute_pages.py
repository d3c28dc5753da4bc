"""A partner's disputes: open one on a statement, on a document or on a movement; talk about it; let it go."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import programs
from coalition.console import forms
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.web.paging import DEFAULT_LIMIT
from settlement import reconciliation, statements
from settlement.console import statement_page
from settlement.portal.blueprint import blueprint, own_dispute, own_statement, viewer
from settlement.reconciliation import REASONS, Dispute, Opening
from settlement.statements import Statement

_FIELDS = {"/evidence": "evidence", "/amount": "amount", "/reason": "reason", "/text": "text"}


@blueprint.get("/disputes")
def disputes() -> str:
    """The partner's disputes, the latest first."""

    found = transact(lambda: listed(request.args.get("cursor"), DEFAULT_LIMIT))
    return render_template("settlement/portal/disputes.html", nav="portal-disputes", **found)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the disputes, by the filter of the address."""
    colleague = viewer()
    state = request.args.get("state", "")
    page = reconciliation.list_disputes(
        colleague.program_id, cursor, limit, partner_id=colleague.partner_id, state=state
    )
    return {
        "disputes": statement_page.disputes(page.items),
        "next_cursor": page.next_cursor,
        "state": state,
        "states": reconciliation.STATES,
        "decimals": programs.get(colleague.program_id).currency_decimals,
    }


@blueprint.get("/statements/<statement_id>/dispute")
def dispute_new(statement_id: str) -> str:
    """The form that opens a dispute; `?movement=` or `?document=` say on what."""
    given = {"amount": "", "reason": "", "evidence": ""}
    return _form(transact(lambda: own_statement(statement_id)), given, forms.new_key(), [])


@blueprint.post("/statements/<statement_id>/dispute")
def dispute_open(statement_id: str) -> BaseResponse | tuple[str, int]:
    """Open the dispute. Sent twice, it is opened once."""
    statement, key = transact(lambda: own_statement(statement_id)), forms.sent_key()
    given = forms.answers("amount", "reason", "evidence")
    opening, errors = _opening(statement, given, key)
    made: list[int] = []
    if not errors:
        errors, _ = forms.tried(lambda: made.append(reconciliation.open_dispute(statement.id, opening)[0].id), _FIELDS)
    if errors:
        return _form(statement, given, key, errors), 422
    return redirect(
        url_for("portal_statements.dispute", dispute_id=ids.public("dsp", made[0]), said="dispute_opened"), code=303
    )


@blueprint.get("/disputes/<dispute_id>")
def dispute(dispute_id: str) -> str:
    """One dispute: what it is about, what was said, and what came of it."""
    return _page(dispute_id, [])


@blueprint.post("/disputes/<dispute_id>")
def dispute_say(dispute_id: str) -> BaseResponse | tuple[str, int]:
    """Say something about it."""
    text = forms.answers("text")["text"]
    found = transact(lambda: own_dispute(dispute_id))
    errors, status = forms.tried(lambda: reconciliation.comment(found, "partner", text), _FIELDS)
    if errors:
        return _page(dispute_id, errors), status
    return redirect(url_for("portal_statements.dispute", dispute_id=dispute_id, said="dispute_said"), code=303)


@blueprint.post("/disputes/<dispute_id>/withdraw")
def dispute_withdraw(dispute_id: str) -> BaseResponse | tuple[str, int]:
    """Let a dispute go that the partner has opened."""
    found = transact(lambda: own_dispute(dispute_id))
    if found.side != "partner":
        return _page(dispute_id, [forms.error("", "not_yours")]), 409
    errors, status = forms.tried(lambda: reconciliation.withdraw(found.id, ""), _FIELDS)
    if errors:
        return _page(dispute_id, errors), status
    return redirect(url_for("portal_statements.dispute", dispute_id=dispute_id, said="dispute_withdrawn"), code=303)


def _opening(statement: Statement, given: dict[str, str], key: str) -> tuple[Opening, forms.Errors]:
    errors: forms.Errors = []
    amount = forms.units(given["amount"], statement.currency_decimals) if given["amount"] else None
    if given["amount"] and (amount is None or amount <= 0):
        errors.append(forms.error("amount", "amount"))
    if given["reason"] not in REASONS:
        errors.append(forms.error("reason", "choose"))
    if not given["evidence"]:
        errors.append(forms.error("evidence", "say_why"))
    document = request.args.get("document", "")
    opening = Opening(
        external_id=f"portal-{key}",
        evidence=given["evidence"],
        amount_minor=amount,
        document_id=ids.parse("doc", document) if document else None,
        movement_id=_movement(),
        reason=given["reason"],
    )
    return opening, errors


def _movement() -> str | None:
    return request.args.get("movement", "")[:100] or None


def _form(statement: Statement, given: dict[str, str], key: str, errors: forms.Errors) -> str:
    movement = _movement()
    entries = transact(lambda: statements.entries_of(statement, movement)) if movement else []
    return render_template(
        "settlement/portal/dispute_new.html",
        nav="portal-statements",
        statement={
            "id": ids.public("stm", statement.id),
            "number": statement.number,
            "currency": statement.currency,
            "points_decimals": statement.points_decimals,
        },
        entries=[statement_page.entry_told(entry) for entry in entries],
        where={name: request.args[name] for name in ("movement", "document") if request.args.get(name)},
        given=given,
        key=key,
        reasons=REASONS,
        errors=errors,
    )


def _page(dispute_id: str, errors: forms.Errors) -> str:
    def work() -> tuple[Dispute, Statement, Any]:
        found = own_dispute(dispute_id)
        return found, statements.get(found.statement_id), reconciliation.comments(found.id)

    found, statement, comments = transact(work)
    [told] = statement_page.disputes([found])
    about = {"id": ids.public("stm", statement.id), "number": statement.number, "decimals": statement.currency_decimals}
    return render_template(
        "settlement/portal/dispute.html",
        nav="portal-disputes",
        dispute=told,
        statement=about,
        comments=comments,
        errors=errors,
    )
