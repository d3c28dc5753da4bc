"""The partner's OAuth clients: what each may do, where its members come back to, whether it works, what happened to it.

Secrets are made in `client_secret_pages`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access
from coalition.access import ClientView
from coalition.console import forms
from coalition.kernel import audit
from coalition.kernel.db import transact
from coalition.portal.frame import blueprint, manager, viewer

OVERLAPS = {"0": 0, "1": 3600, "24": 24 * 3600, "168": 7 * 24 * 3600, "720": 30 * 24 * 3600}
WORDED = ("bad_redirect", "bad_keys", "scope_needs_proof", "unknown_scope")
_URIS_MAX = 10
_EVENTS = 20
FIELDS = {"/name": "name", "/kind": "kind", "/scopes": "scopes", "/jwks": "jwks", "/redirect_uris": "redirect_uris"}
FIELDS |= {f"/redirect_uris/{at}": "redirect_uris" for at in range(_URIS_MAX + 1)}
FIELDS |= {f"/jwks/keys/{at}": "jwks" for at in range(5)}


@blueprint.get("/clients")
def clients() -> str:
    """The partner's clients."""
    return render_template("portal/clients.html", nav="portal-clients", **transact(listed))


@blueprint.get("/clients/<client_id>")
def client(client_id: str) -> str:
    """One client: what it may do, and what happened to it."""
    return page(client_id, [])


@blueprint.post("/clients/<client_id>/scopes")
def scope_client(client_id: str) -> Response | tuple[str, int]:
    """Say what the client may do from now on."""
    wanted = forms.picked("scopes")
    return _change(
        client_id,
        lambda partner_id: access.set_scopes(client_id, wanted, partner_id=partner_id),
        "scopes_set",
    )


@blueprint.post("/clients/<client_id>/redirects")
def redirect_client(client_id: str) -> Response | tuple[str, int]:
    """Say where members come back to from now on."""
    typed = forms.answers("redirect_uris")["redirect_uris"]
    return _change(
        client_id,
        lambda partner_id: access.set_redirects(client_id, typed.split(), partner_id=partner_id),
        "redirects_set",
        typed,
    )


@blueprint.post("/clients/<client_id>/switch")
def switch_client(client_id: str) -> Response | tuple[str, int]:
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
    used = _last_used(*found)
    return {
        "clients": [_row(one, used) for one in found],
        "may_change": "partner_admin" in colleague.roles,
    }


def page(client_id: str, errors: forms.Errors, typed: str | None = None) -> str:
    """The page of a client; `typed` are the addresses that somebody tried to give it."""

    def work() -> dict[str, Any]:
        colleague = viewer()
        found = access.client_view(client_id, partner_id=colleague.partner_id)
        events = access.token_events(client_id, request.args.get("cursor"), _EVENTS, partner_id=colleague.partner_id)
        return {
            "client": _row(found, _last_used(found)),
            "addresses": "\n".join(found.redirect_uris) if typed is None else typed,
            "events": events.items,
            "next_cursor": events.next_cursor,
            "actors": access.names(one.actor for one in events.items),
            "may_change": "partner_admin" in colleague.roles,
        }

    choices = {"all_scopes": list(access.ALL_SCOPES), "overlaps": list(OVERLAPS), "key": forms.new_key()}
    return render_template("portal/client.html", nav="portal-clients", **transact(work), **choices, errors=errors)


def _last_used(*found: ClientView) -> Mapping[str, dt.datetime]:
    """When each was last given a token, by what the trail calls it."""
    return audit.latest([f"client:{one.id}" for one in found], "token.issued")


def _row(one: ClientView, used: Mapping[str, dt.datetime]) -> dict[str, Any]:
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
        "used_at": used.get(f"client:{one.id}"),
    }


def _change(
    client_id: str, deed: Callable[[int], None], said: str, typed: str | None = None
) -> Response | tuple[str, int]:
    partner_id = manager().partner_id
    errors, status = forms.tried(lambda: deed(partner_id), FIELDS, WORDED)
    if errors:
        return page(client_id, errors, typed), status
    return redirect(url_for("portal.client", client_id=client_id, said=said), code=303)
