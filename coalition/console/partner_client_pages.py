"""A partner's OAuth clients in the console: administrators tend them as the partner itself does in its portal."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext

from coalition import access, partners
from coalition.console import client_tending, forms, partner_pages
from coalition.console.administration import blueprint
from coalition.console.client_tending import Answer, Tending
from coalition.console.frame import chosen_program
from coalition.kernel.db import transact
from coalition.site.viewer import require_role

_ENDPOINTS = {
    "page": "partner_client",
    "secret": "rotate_partner_client",
    "scopes": "scope_partner_client",
    "redirects": "redirect_partner_client",
    "switch": "switch_partner_client",
}


@blueprint.post("/partners/<code>/clients")
def make_partner_client(code: str) -> Answer:
    """Register a client for the partner's systems, and show its secret this once."""
    given, scopes = forms.answers("client_name"), forms.picked("scopes")

    def create() -> tuple[str, str]:
        owner = partners.by_code(chosen_program().id, code)
        return access.create_client(owner.program_id, owner.id, given["client_name"], scopes)

    found = client_tending.register(create, forms.sent_key(), {"/name": "client_name", "/scopes": "scopes"})
    if found.errors:
        return partner_pages.page(code, found.errors, given), found.status
    return client_tending.shown_once(_tending(code), found.client_id, found.secrets, None)


@blueprint.get("/partners/<code>/clients/<client_id>")
def partner_client(code: str, client_id: str) -> str:
    """One client of the partner: what it may do, and what happened to it."""
    return client_tending.page(_tending(code), client_id, [])


@blueprint.post("/partners/<code>/clients/<client_id>/secret")
def rotate_partner_client(code: str, client_id: str) -> Answer:
    """Give the client a new secret; the partner has to be told it by a safe way."""
    return client_tending.rotate(_tending(code), client_id)


@blueprint.post("/partners/<code>/clients/<client_id>/scopes")
def scope_partner_client(code: str, client_id: str) -> Answer:
    """Say what the client may do from now on."""
    return client_tending.scope(_tending(code), client_id)


@blueprint.post("/partners/<code>/clients/<client_id>/redirects")
def redirect_partner_client(code: str, client_id: str) -> Answer:
    """Say where members come back to from now on."""
    return client_tending.redirects(_tending(code), client_id)


@blueprint.post("/partners/<code>/clients/<client_id>/switch")
def switch_partner_client(code: str, client_id: str) -> Answer:
    """Switch the client off, or on again."""
    return client_tending.switch(_tending(code), client_id)


def _tending(code: str) -> Tending:
    """The partner's clients. Raises NotFound for no such partner."""
    program = transact(chosen_program)
    owner = transact(lambda: partners.by_code(program.id, code))

    def address(deed: str, client_id: str, **more: Any) -> str:
        endpoint = f"administration.{_ENDPOINTS[deed]}"
        return url_for(endpoint, code=code, client_id=client_id, program=program.code, **more)

    above = [
        (url_for("administration.partner_list", program=program.code), gettext("Partners")),
        (url_for("administration.partner", code=code, program=program.code), owner.name),
    ]
    return Tending(owner.id, "admin" in require_role("admin").roles, "programs", above, address)
