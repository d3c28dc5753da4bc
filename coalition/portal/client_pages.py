"""The partner's OAuth clients: registered, given scopes, new secrets and rest. A secret is shown once, on one page.

The page with a secret is no answer that can be fetched again: a form sent twice registers two clients (one of which
can be switched off), or ends the secret of a moment ago.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import access
from coalition.access import ClientView
from coalition.console import forms
from coalition.kernel import audit, clock
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid, Refusal
from coalition.kernel.web.json_body import parse_object
from coalition.portal.frame import blueprint, manager, viewer

OVERLAPS = {"0": 0, "1": 3600, "24": 24 * 3600, "168": 7 * 24 * 3600, "720": 30 * 24 * 3600}
_KEYS_MAX = 20_000
_URIS_MAX = 10
_EVENTS = 20
_FIELDS = {"/name": "name", "/kind": "kind", "/scopes": "scopes", "/jwks": "jwks", "/redirect_uris": "redirect_uris"}
_FIELDS |= {f"/redirect_uris/{at}": "redirect_uris" for at in range(_URIS_MAX)}
_FIELDS |= {f"/jwks/keys/{at}": "jwks" for at in range(5)}


@blueprint.get("/clients")
def clients() -> str:
    """The partner's clients."""
    return render_template("portal/clients.html", nav="portal-clients", **transact(listed))


@blueprint.get("/clients/new")
def new_client() -> str:
    """The form that registers a client."""
    transact(manager)
    return _form({"name": "", "kind": access.KINDS[0], "redirect_uris": "", "jwks": ""}, [], [])


@blueprint.post("/clients")
def make_client() -> Response | tuple[str, int]:
    """Register a client and show its secret."""
    given = forms.answers("name", "kind", "redirect_uris") | {"jwks": request.form.get("jwks", "")[:_KEYS_MAX]}
    scopes = forms.picked("scopes")
    made: list[tuple[str, str]] = []

    def work() -> None:
        colleague = manager()
        client = access.create_client(
            colleague.program_id,
            colleague.partner_id,
            given["name"],
            scopes,
            kind=given["kind"],
            redirect_uris=given["redirect_uris"].split(),
            jwks=_keys(given),
        )
        made.append(client)

    errors, status = forms.tried(work, _FIELDS)
    if errors:
        return _form(given, scopes, errors), status
    return _shown_once(*made[-1], until=None)


@blueprint.get("/clients/<client_id>")
def client(client_id: str) -> str:
    """One client: what it may do, and what happened to it."""
    return _page(client_id, [])


@blueprint.post("/clients/<client_id>/secret")
def rotate_client(client_id: str) -> Response | tuple[str, int]:
    """Give the client a new secret, beside which the old one lives on for the chosen time."""
    partner_id, overlap = manager().partner_id, OVERLAPS.get(request.form.get("overlap", ""))
    made: list[str] = []

    def work() -> None:
        if overlap is None:
            problem = FieldError("/overlap", "invalid", "Choose how long the old secret lives on.")
            raise Invalid("invalid", "The secret cannot be changed so.", [problem])
        made.append(access.rotate_secret(client_id, overlap_s=overlap, partner_id=partner_id))

    errors, status = forms.tried(work, {"/overlap": "overlap"})
    if errors:
        return _page(client_id, errors), status
    until = clock.now() + dt.timedelta(seconds=overlap) if overlap else None
    return _shown_once(client_id, made[-1], until=until)


@blueprint.post("/clients/<client_id>/scopes")
def scope_client(client_id: str) -> BaseResponse | tuple[str, int]:
    """Say what the client may do from now on."""
    wanted = forms.picked("scopes")
    return _change(
        client_id,
        lambda partner_id: access.set_scopes(client_id, wanted, partner_id=partner_id),
        "scopes_set",
    )


@blueprint.post("/clients/<client_id>/switch")
def switch_client(client_id: str) -> BaseResponse | tuple[str, int]:
    """Switch the client off, or on again."""
    active = request.form.get("active") == "yes"
    return _change(
        client_id,
        lambda partner_id: access.set_client_active(client_id, active, partner_id=partner_id),
        "client_on" if active else "client_off",
    )


def listed() -> dict[str, Any]:
    """All the clients of the partner: at most two hundred, on one page."""
    colleague = viewer()
    found = access.clients_of(colleague.partner_id)
    return {
        "clients": [_row(one) for one in found],
        "may_change": "partner_admin" in colleague.roles,
    }


def _row(one: ClientView) -> dict[str, Any]:
    used = audit.trail(f"client:{one.id}", None, 1, only=("token.issued",))
    return {
        "id": one.client_id,
        "name": one.name,
        "kind": one.kind,
        "scopes": list(one.scopes),
        "redirect_uris": list(one.redirect_uris),
        "key_ids": list(one.key_ids),
        "active": one.active,
        "created_at": one.created_at,
        "old_secret_until": one.old_secret_until,
        "used_at": used[0].at if used else None,
    }


def _change(client_id: str, deed: Callable[[int], None], said: str) -> BaseResponse | tuple[str, int]:
    partner_id = manager().partner_id
    errors, status = forms.tried(lambda: deed(partner_id), _FIELDS)
    if errors:
        return _page(client_id, errors), status
    return redirect(url_for("portal.client", client_id=client_id, said=said), code=303)


def _keys(given: dict[str, str]) -> dict[str, Any] | None:
    """The public keys of a client that signs. Raises Invalid for what is no JSON."""
    if given["kind"] != "private_key_jwt":
        return None
    try:
        return parse_object(given["jwks"].encode("utf-8", "replace"))
    except Refusal as refusal:
        raise Invalid("invalid", "No key set.", [FieldError("/jwks", "bad_keys", "A JSON key set.")]) from refusal


def _form(given: dict[str, str], scopes: list[str], errors: forms.Errors) -> str:
    choices = {"kinds": access.KINDS, "all_scopes": list(access.ALL_SCOPES)}
    more = {"answers": given, "chosen": scopes, "errors": errors}
    return render_template("portal/client_new.html", nav="portal-clients", **choices, **more)


def _page(client_id: str, errors: forms.Errors) -> str:
    def work() -> dict[str, Any]:
        colleague = viewer()
        found = access.client_view(client_id, partner_id=colleague.partner_id)
        events = access.token_events(client_id, request.args.get("cursor"), _EVENTS, partner_id=colleague.partner_id)
        return {
            "client": _row(found),
            "events": events.items,
            "next_cursor": events.next_cursor,
            "actors": access.names(one.actor for one in events.items),
            "may_change": "partner_admin" in colleague.roles,
        }

    context = transact(work) | {"all_scopes": list(access.ALL_SCOPES), "overlaps": list(OVERLAPS), "errors": errors}
    return render_template("portal/client.html", nav="portal-clients", **context)


def _shown_once(client_id: str, secret: str, until: dt.datetime | None) -> Response:
    answer = make_response(
        render_template(
            "portal/client_secret.html", nav="portal-clients", client_id=client_id, secret=secret, until=until
        )
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
