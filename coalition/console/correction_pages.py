"""Corrections of a member's points: adding or taking some, and undoing a movement; each with a reason.

What exceeds the program's limit waits for a second person; the page says so before and after.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import ledger, members, programs, wallets
from coalition.console import forms, member_view
from coalition.console.frame import blueprint, currency_name
from coalition.console.member_pages import looked_at
from coalition.console.timeline import told
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound, Refusal
from coalition.wallets import Adjustment, Done, Reversal, Waiting

_ADJUST_FIELDS = {"/amount": "amount", "/reason_code": "reason_code", "/note": "note", "/currency": "currency"}
_WORDED = ("card_number_refused",)
_REVERSE_FIELDS = {"/reason_code": "reason_code", "/note": "note"}


@blueprint.get("/members/<member>/adjust")
def adjust_form(member: str) -> str:
    """The form that adds or takes points."""
    return _adjust_page(member, [], {"direction": "add", "key": forms.new_key()})


@blueprint.post("/members/<member>/adjust")
def adjust(member: str) -> Response | tuple[str, int]:
    """Add or take points, or ask a second person to."""
    given = forms.answers("currency", "direction", "amount", "reason_code", "note") | {"key": forms.sent_key()}
    found = transact(lambda: members.whose(ids.parse("mbr", member)))
    errors, currency, amount = _read(found.program_id, given)
    if errors or currency is None or amount is None:
        return _adjust_page(member, errors, given), 422
    wanted = Adjustment(
        found.program_id,
        found.id,
        currency.id,
        amount if given["direction"] == "add" else -amount,
        f"console-{given['key']}",
        given["reason_code"],
        given["note"],
    )
    try:
        done = transact(lambda: wallets.adjust(wanted))
    except Refusal as refusal:
        return _adjust_page(member, _said(refusal, _ADJUST_FIELDS, currency.decimals), given), refusal.status
    return _onwards(member, done, "adjusted")


@blueprint.get("/members/<member>/movements/<movement>/reverse")
def reverse_form(member: str, movement: str) -> str:
    """The page on which the undoing of a movement is confirmed."""
    return _reverse_page(member, movement, [], {"key": forms.new_key()})


@blueprint.post("/members/<member>/movements/<movement>/reverse")
def reverse(member: str, movement: str) -> Response | tuple[str, int]:
    """Undo a movement, or ask a second person to."""
    given = forms.answers("reason_code", "note") | {"key": forms.sent_key()}
    found = transact(lambda: members.whose(ids.parse("mbr", member)))
    account_id, entry_id = ids.parse_many("mov", movement, 2)
    key = f"console-{given['key']}"
    wanted = Reversal(found.program_id, found.id, account_id, entry_id, key, given["reason_code"], given["note"])
    try:
        done = transact(lambda: wallets.reverse(wanted))
    except NotFound:
        raise
    except Refusal as refusal:
        return _reverse_page(member, movement, _said(refusal, _REVERSE_FIELDS, 0), given), refusal.status
    return _onwards(member, done, "reversed")


def _onwards(member: str, done: Done | Waiting, code: str) -> Response:
    if isinstance(done, Waiting):
        number = ids.public("apr", done.approval_id)
        return redirect(url_for("console.approval", approval=number, done="approval_asked"), code=303)
    return redirect(url_for("console.member", member=member, done=code), code=303)


def _read(program_id: int, given: dict[str, str]) -> tuple[forms.Errors, programs.Currency | None, int | None]:
    known = {one.code: one for one in transact(lambda: programs.currencies(program_id))}
    currency = known.get(given["currency"])
    errors = [] if currency else [forms.error("currency", "choose")]
    if given["direction"] not in ("add", "take"):
        errors.append(forms.error("direction", "choose"))
    amount = forms.units(given["amount"], currency.decimals if currency else 0)
    if amount is None or amount <= 0:
        errors.append(forms.error("amount", "amount"))
    if given["reason_code"] not in wallets.REASONS:
        errors.append(forms.error("reason_code", "choose"))
    if not given["note"]:
        errors.append(forms.error("note", "say_why"))
    return errors, currency, amount


def _said(refusal: Refusal, fields: dict[str, str], decimals: int) -> forms.Errors:
    if isinstance(refusal, Conflict) and refusal.code == "insufficient_points":
        return [{"field": "", "code": "wallet_short", "text": None, "available": refusal.extra.get("available")}]
    found = forms.refused(refusal, fields, _WORDED)
    return [
        one | {"code": "say_why"} if one["field"] == "note" and one["code"] not in _WORDED else one for one in found
    ]


def _adjust_page(public_id: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = looked_at(public_id, "adjust")
        currencies = programs.currencies(found.program_id)
        options = [(one.code, f"{currency_name(one).capitalize()} ({one.code})") for one in currencies]
        purses = member_view.wallets(found, lots_shown=0)
        return {**member_view.head(found), "currencies": options, "wallets": purses, "main": currencies[0]}

    more = {"errors": errors, "answers": given, "reasons": wallets.REASONS}
    return render_template("console/adjust.html", nav="members", **transact(work), **more)


def _reverse_page(public_id: str, movement: str, errors: forms.Errors, given: dict[str, str]) -> str:
    account_id, entry_id = ids.parse_many("mov", movement, 2)

    def work() -> dict[str, Any]:
        found = looked_at(public_id, "reverse")
        booked = ledger.movement(account_id, entry_id)
        own = {balance.account_id for balance in ledger.balances(found.program_id, found.id)}
        if booked is None or account_id not in own or not wallets.reversible(booked):
            raise NotFound()
        return {**member_view.head(found), "step": told(found, [booked])[0]}

    more = {"errors": errors, "answers": given, "reasons": wallets.REASONS, "movement": movement}
    return render_template("console/reverse.html", nav="members", **transact(work), **more)
