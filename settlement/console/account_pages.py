"""Where money goes: the account of each legal entity, asked for by one person of finance and approved by another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import access, partners
from coalition.console import forms
from coalition.console.frame import choices, chosen_program
from coalition.kernel import approvals, audit, ids
from coalition.kernel.approvals import Approval
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.site.viewer import require_role
from settlement import payouts
from settlement.console.payout_view import shown
from settlement.payouts import NewAccount
from settlement.ports import Account

blueprint = Blueprint("accounts", "settlement", template_folder="templates", url_prefix="/console/payouts/accounts")
_FIELDS = ("kind", "holder", "currency", "iban", "bic", "connected", "email")
_REASON_MAX = 500
Answer = Response | tuple[str, int]


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("")
def index() -> str:
    """Every legal entity with its accounts, and what waits for a second person."""
    return _index([])


@blueprint.get("/<entity>")
def change(entity: str) -> str:
    """The form for another account."""
    return _form(ids.parse("ent", entity), [], {})


@blueprint.post("/<entity>")
def propose(entity: str) -> Answer:
    """Ask for another account; nothing changes until somebody else approves it."""
    number = ids.parse("ent", entity)
    given = forms.answers(*_FIELDS, "reason")

    def work() -> None:
        _own(number)
        wanted = NewAccount(number, **{name: given[name] for name in _FIELDS})
        payouts.propose(wanted, given["reason"], key=forms.sent_key())

    errors, status = forms.tried(work, {f"/{name}": name for name in (*_FIELDS, "reason")})
    if errors:
        return _form(number, errors, given), status
    return redirect(url_for("accounts.index", done="account_asked"), code=303)


@blueprint.post("/requests/<approval>/approve")
def approve(approval: str) -> Answer:
    """Approve exactly what was shown, and do it at once."""
    seen = forms.seen()

    def work() -> None:
        found = _waiting(approval)
        approvals.carry_out(found.id, seen=seen)

    return _decided(work, "account_changed")


@blueprint.post("/requests/<approval>/reject")
def reject(approval: str) -> Answer:
    """Refuse it, or take back one's own."""
    reason = forms.answers("rejection")["rejection"]
    if not 1 <= len(reason) <= _REASON_MAX:
        return _index([forms.error("rejection", "say_why")]), 422
    return _decided(lambda: approvals.reject(_waiting(approval).id, reason), "rejected")


def _decided(work: Any, done: str) -> Answer:
    try:
        transact(work)
    except NotFound:
        raise
    except Refusal as refusal:
        return _index([forms.error("", refusal.code, refusal.detail)]), refusal.status
    return redirect(url_for("accounts.index", done=done), code=303)


def listed() -> dict[str, Any]:
    """Every legal entity with its accounts, and what waits."""
    program = chosen_program()
    entities = partners.entities(program.id)
    known = payouts.current([one.id for one in entities])
    rows = [
        {"id": ids.public("ent", one.id), "name": one.name, "accounts": _told(known.get(one.id, []))}
        for one in entities
    ]
    waiting = approvals.waiting(kind=payouts.ACCOUNT_KIND)
    ours = {one.id: one.name for one in entities}
    asked = [_asked(one, ours, known) for one in waiting if one.payload["legal_entity_id"] in ours]
    return {**choices(program), "rows": rows, "asked": asked}


def _index(errors: forms.Errors) -> str:
    return render_template("settlement/accounts.html", nav="settlement", errors=errors, **transact(listed))


def _form(number: int, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        entity = _own(number)
        known = payouts.current([number]).get(number, [])
        facts = given or {"kind": "iban", "holder": entity.name[:70], "currency": chosen_program().currency}
        return {
            "entity": {"id": ids.public("ent", number), "name": entity.name},
            "known": _told(known),
            "answers": facts,
        }

    context = transact(work)
    return render_template("settlement/account.html", nav="settlement", errors=errors, key=forms.new_key(), **context)


def _own(number: int) -> partners.LegalEntity:
    entity = partners.entity(number)
    if entity.program_id != chosen_program().id:
        raise NotFound()
    return entity


def _waiting(public_id: str) -> Approval:
    found = approvals.get(ids.parse("apr", public_id))
    if found.kind != payouts.ACCOUNT_KIND:
        raise NotFound()
    return found


def _told(known: list[Account]) -> list[dict[str, Any]]:
    return [{"kind": one.kind, "shown": shown(one), "holder": one.holder, "currency": one.currency} for one in known]


def _asked(one: Approval, names: dict[int, str], known: dict[int, list[Account]]) -> dict[str, Any]:
    payload, actors = one.payload, access.names({one.requested_by})
    before = [account for account in known.get(payload["legal_entity_id"], []) if account.kind == payload["kind"]]
    return {
        "id": ids.public("apr", one.id),
        "entity": names[payload["legal_entity_id"]],
        "payload": payload,
        "before": _told(before),
        "reason": one.reason,
        "requested_by": actors.get(one.requested_by, one.requested_by),
        "requested_at": one.requested_at,
        "own": one.requested_by == audit.origin().actor,
        "seen": one.payload_hash.hex(),
    }
