"""The webhook console: where the partner is told what, what it was told, what it answered, and sending it again.

A secret is shown on the page that answers the form, once, and never again; that page is not kept by browsers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition.console import forms
from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.kernel.web.paging import DEFAULT_LIMIT
from coalition.partners import webhooks
from coalition.partners.webhooks import Delivery, Endpoint
from coalition.portal.frame import blueprint, manager, viewer

_FIELDS = {"/url": "url", "/event_types": "types", "/description": "description"}
_WORDED = ("url_scheme", "url_form", "url_credentials", "url_not_public", "url_port")
_NAV = {"nav": "portal-webhooks"}
_SINCE = {"day": 1, "week": 7, "month": 30}
_KEPT_DAYS = (webhooks.ANSWERS_DAYS, webhooks.CONTENTS_DAYS)


@blueprint.get("/webhooks")
def webhook_endpoints() -> str:
    """The partner's endpoints, and how each fared in the last seven days."""

    def work() -> dict[str, Any]:
        colleague = viewer()
        counts = webhooks.counts(colleague.partner_id)
        rows = [_facts(one) | {"counts": counts.get(one.id, {})} for one in webhooks.endpoints(colleague.partner_id)]
        return {"endpoints": rows, "may_change": "partner_admin" in colleague.roles, "most": webhooks.MOST}

    return render_template("portal/webhooks.html", **_NAV, **transact(work))


@blueprint.get("/webhooks/new")
def webhook_new() -> str:
    """Which address, which types."""
    transact(manager)
    return _form(None, [], {"url": "", "description": ""}, [])


@blueprint.post("/webhooks/new")
def webhook_create() -> Response | tuple[str, int]:
    """Create it, and show its secret."""
    typed, types = forms.answers("url", "description"), forms.picked("types")

    def work() -> tuple[Endpoint, str]:
        return webhooks.create(manager().partner_id, typed["url"], types, typed["description"])

    errors, status, made = _tried(work)
    return (_form(None, errors, typed, types), status) if errors else _secret(*made)


@blueprint.get("/webhooks/<webhook>")
def webhook_endpoint(webhook: str) -> str:
    """One endpoint with its log, the latest first."""
    chosen = {name: request.args.get(name) or None for name in ("state", "event_type")}

    def work() -> dict[str, Any]:
        colleague = viewer()
        at = webhooks.endpoint(ids.parse("whk", webhook), colleague.partner_id)
        page = webhooks.deliveries(at.id, request.args.get("cursor"), DEFAULT_LIMIT, **chosen)
        return {
            "endpoint": _facts(at),
            "deliveries": [_line(one) for one in page.items],
            "next_cursor": page.next_cursor,
            "may_change": "partner_admin" in colleague.roles,
        }

    names = {"types": _names(), "states": webhooks.STATES, "chosen": chosen, "since": list(_SINCE)}
    return render_template("portal/webhook.html", **_NAV, **names, **transact(work))


@blueprint.get("/webhooks/<webhook>/edit")
def webhook_edit(webhook: str) -> str:
    """Another address, other types."""
    at = transact(lambda: _own(webhook))
    return _form(at, [], {"url": at.url, "description": at.description}, list(at.event_types))


@blueprint.post("/webhooks/<webhook>/edit")
def webhook_change(webhook: str) -> Response | tuple[str, int]:
    """Keep what was changed."""
    typed, types = forms.answers("url", "description"), forms.picked("types")
    at = transact(lambda: _own(webhook))

    def work() -> Endpoint:
        what = {"url": typed["url"], "description": typed["description"]}
        return webhooks.change(at.id, manager().partner_id, event_types=types, on=None, **what)

    errors, status, _ = _tried(work)
    if errors:
        return _form(at, errors, typed, types), status
    return _back(webhook, "changed")


@blueprint.post("/webhooks/<webhook>/rotate")
def webhook_rotate(webhook: str) -> Response | tuple[str, int]:
    """A new secret beside the old one, which ends after a day, or at once."""
    overlap_s = 0 if request.form.get("at_once") else webhooks.OVERLAP_S
    at = transact(lambda: _own(webhook))
    made, secret = transact(lambda: webhooks.rotate(at.id, manager().partner_id, overlap_s))
    return _secret(made, secret)


@blueprint.post("/webhooks/<webhook>/<any(on, off, test, replay, delete):deed>")
def webhook_deed(webhook: str, deed: str) -> Response:
    """Switch on or off, send a trial event or dead letters again, remove."""
    at = transact(lambda: _own(webhook))
    days = _SINCE.get(request.form.get("since", ""), 1)
    since = clock.now() - dt.timedelta(days=days)
    deeds: dict[str, Callable[[int], Any]] = {
        "on": lambda partner: webhooks.change(at.id, partner, on=True),
        "off": lambda partner: webhooks.change(at.id, partner, on=False),
        "test": lambda partner: webhooks.try_out(at.id, partner, request.form.get("event_type") or None),
        "replay": lambda partner: webhooks.resend_since(at.id, partner, since),
        "delete": lambda partner: webhooks.delete(at.id, partner),
    }
    errors, _, result = _tried(lambda: deeds[deed](manager().partner_id))
    if errors:
        return _back(webhook, f"refused_{errors[0]['code']}")
    if deed == "delete":
        return redirect(url_for("portal.webhook_endpoints", said="deleted"), code=303)
    return _back(webhook, deed, *([result[0]] if deed == "replay" else []))


@blueprint.get("/webhooks/deliveries/<delivery>")
def webhook_delivery(delivery: str) -> str:
    """One delivery: what was sent, and what came back each time."""

    def work() -> dict[str, Any]:
        colleague = viewer()
        found = webhooks.delivery(ids.parse("dlv", delivery), colleague.partner_id)
        at = webhooks.endpoint(found.endpoint_id, colleague.partner_id)
        may = "partner_admin" in colleague.roles and at.state == "on" and found.state != "waiting"
        shown = {**_line(found), "body": found.body, "log": found.log}
        return {"delivery": shown, "endpoint": _facts(at), "may_resend": may and found.body is not None}

    return render_template("portal/webhook_delivery.html", **_NAV, **transact(work), kept_days=_KEPT_DAYS)


@blueprint.post("/webhooks/deliveries/<delivery>/resend")
def webhook_resend(delivery: str) -> Response:
    """Send it once more, under its id."""

    def work() -> int:
        partner_id = manager().partner_id
        found = webhooks.delivery(ids.parse("dlv", delivery), partner_id)
        return webhooks.resend(found.endpoint_id, partner_id, found.id)

    errors, _, number = _tried(work)
    shown = delivery if errors else ids.public("dlv", number)
    said = f"refused_{errors[0]['code']}" if errors else "resent"
    return redirect(url_for("portal.webhook_delivery", delivery=shown, said=said), code=303)


def _own(webhook: str) -> Endpoint:
    """The endpoint, for who may change it. NotFound for another partner's."""
    partner_id = manager().partner_id
    return webhooks.endpoint(ids.parse("whk", webhook), partner_id)


def _tried(work: Callable[[], Any]) -> tuple[forms.Errors, int, Any]:
    """Do it in a transaction: what came of it, or what the refusal says. Raises NotFound and Forbidden."""
    try:
        return [], 200, transact(work)
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        pointers = {error.pointer: _FIELDS.get(f"/{error.pointer.split('/')[1]}", "") for error in refusal.errors}
        return forms.refused(refusal, pointers, _WORDED), refusal.status, None


def _form(at: Endpoint | None, errors: forms.Errors, typed: dict[str, str], chosen: list[str]) -> str:
    shown = {"endpoint": _facts(at) if at else None, "errors": errors, "answers": typed, "chosen": chosen}
    return render_template("portal/webhook_form.html", **_NAV, **shown, types=_names())


def _secret(at: Endpoint, secret: str) -> Response:
    page = make_response(render_template("portal/webhook_secret.html", **_NAV, endpoint=_facts(at), secret=secret))
    page.headers["Cache-Control"] = "no-store"
    return page


def _back(webhook: str, said: str, count: int | None = None) -> Response:
    return redirect(url_for("portal.webhook_endpoint", webhook=webhook, said=said, count=count), code=303)


def _names() -> list[str]:
    return [one.name for one in webhooks.event_types()]


def _facts(at: Endpoint) -> dict[str, Any]:
    names = ("url", "description", "event_types", "state", "reason", "failures", "failing_since", "created_at")
    facts = {name: getattr(at, name) for name in (*names, "old_secret_ends_at")}
    return {"id": ids.public("whk", at.id), **facts}


def _line(at: Delivery) -> dict[str, Any]:
    names = ("type", "about", "sequence", "again", "test", "state", "reason", "attempts", "status", "due_at")
    facts = {name: getattr(at, name) for name in (*names, "created_at", "decided_at", "occurred_at")}
    return {"id": ids.public("dlv", at.id), "event_id": ids.public("msg", at.event_id), **facts}
