"""The partner's OAuth clients: registered, given scopes, new secrets and rest. A secret is shown once, on one page.

The page with a secret is no answer that can be fetched again: a form sent twice registers two clients (one of which
can be switched off), or ends the secret of a moment ago.
"""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext

from coalition import access
from coalition.console import client_tending, forms
from coalition.console.client_tending import Answer, Tending
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid, Refusal
from coalition.kernel.web.json_body import parse_object
from coalition.portal.frame import ADMIN, blueprint, manager, viewer
from coalition.site.viewer import Colleague

_KEYS_MAX = 20_000
_ENDPOINTS = {"page": "client", "secret": "rotate_client", "scopes": "scope_client"}
_ENDPOINTS |= {"redirects": "redirect_client", "switch": "switch_client"}


@blueprint.get("/clients")
def clients() -> str:
    """The partner's clients."""
    return render_template("portal/clients.html", nav="portal-clients", **transact(listed))


@blueprint.get("/clients/new")
def new_client() -> str:
    """The form that registers a client."""
    transact(manager)
    return _form({"name": "", "kind": access.KINDS[0], "redirect_uris": "", "jwks": "", "key": forms.new_key()}, [], [])


@blueprint.post("/clients")
def make_client() -> Answer:
    """Register a client and show its secret."""
    given = forms.answers("name", "kind", "redirect_uris") | {"jwks": request.form.get("jwks", "")[:_KEYS_MAX]}
    given["key"], scopes = forms.sent_key(), forms.picked("scopes")

    def create() -> tuple[str, str]:
        colleague = manager()
        return access.create_client(
            colleague.program_id,
            colleague.partner_id,
            given["name"],
            scopes,
            kind=given["kind"],
            redirect_uris=given["redirect_uris"].split(),
            jwks=_keys(given),
        )

    found = client_tending.register(create, given["key"])
    if found.errors:
        return _form(given, scopes, found.errors), found.status
    return client_tending.shown_once(_tending(manager()), found.client_id, found.secrets, None)


@blueprint.get("/clients/<client_id>")
def client(client_id: str) -> str:
    """One client: what it may do, and what happened to it."""
    return client_tending.page(_tending(viewer()), client_id, [])


@blueprint.post("/clients/<client_id>/secret")
def rotate_client(client_id: str) -> Answer:
    """Give the client a new secret, beside which the old one lives on for the chosen time."""
    return client_tending.rotate(_tending(manager()), client_id)


@blueprint.post("/clients/<client_id>/scopes")
def scope_client(client_id: str) -> Answer:
    """Say what the client may do from now on."""
    return client_tending.scope(_tending(manager()), client_id)


@blueprint.post("/clients/<client_id>/redirects")
def redirect_client(client_id: str) -> Answer:
    """Say where members come back to from now on."""
    return client_tending.redirects(_tending(manager()), client_id)


@blueprint.post("/clients/<client_id>/switch")
def switch_client(client_id: str) -> Answer:
    """Switch the client off, or on again."""
    return client_tending.switch(_tending(manager()), client_id)


def listed() -> dict[str, Any]:
    """All the clients of the partner: at most two hundred, on one page."""
    colleague = viewer()
    found = access.clients_of(colleague.partner_id)
    used = client_tending.last_used(found)
    return {
        "clients": [client_tending.row(one, used) for one in found],
        "may_change": "partner_admin" in colleague.roles,
    }


def _tending(colleague: Colleague) -> Tending:
    """The partner's own clients, which its `partner_admin` changes."""

    def address(deed: str, client_id: str, **more: Any) -> str:
        return url_for(f"portal.{_ENDPOINTS[deed]}", client_id=client_id, **more)

    above = [(url_for("portal.clients"), gettext("API clients"))]
    return Tending(colleague.partner_id, ADMIN in colleague.roles, "portal-clients", above, address)


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
