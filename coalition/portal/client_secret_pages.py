"""Where a client's secret is made: with the client, or beside the one before. It is shown once, on one page.

The page with a secret is no answer that can be fetched again. A form sent twice does its deed once; the second time it
leads to the client, without the secret.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access
from coalition.console import forms
from coalition.kernel import clock, sent_forms
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid, Refusal
from coalition.kernel.web.json_body import parse_object
from coalition.portal import client_pages
from coalition.portal.client_pages import FIELDS, WORDED
from coalition.portal.frame import blueprint, manager

_KEYS_MAX = 20_000


@blueprint.get("/clients/new")
def new_client() -> str:
    """The form that registers a client."""
    transact(manager)
    return _form({"name": "", "kind": access.KINDS[0], "redirect_uris": "", "jwks": "", "key": forms.new_key()}, [], [])


@blueprint.post("/clients")
def make_client() -> Response | tuple[str, int]:
    """Register a client and show its secret."""
    given = forms.answers("name", "kind", "redirect_uris") | {"jwks": request.form.get("jwks", "")[:_KEYS_MAX]}
    given["key"], scopes = forms.sent_key(), forms.picked("scopes")
    made, secrets = list[tuple[str, bool]](), list[str]()

    def work() -> None:
        colleague = manager()

        def register() -> str:
            client_id, secret = access.create_client(
                colleague.program_id,
                colleague.partner_id,
                given["name"],
                scopes,
                kind=given["kind"],
                redirect_uris=given["redirect_uris"].split(),
                jwks=_keys(given),
            )
            secrets.append(secret)
            return client_id

        made.append(sent_forms.once("client", given["key"], register))

    errors, status = forms.tried(work, FIELDS, WORDED)
    if errors:
        return _form(given, scopes, errors), status
    return _shown_once(*made[-1], secrets, until=None)


@blueprint.post("/clients/<client_id>/secret")
def rotate_client(client_id: str) -> Response | tuple[str, int]:
    """Give the client a new secret, beside which the old one lives on for the chosen time."""
    partner_id, overlap = manager().partner_id, client_pages.OVERLAPS.get(request.form.get("overlap", ""))
    made, secrets = list[tuple[str, bool]](), list[str]()

    def rotate() -> str:
        if overlap is None:
            problem = FieldError("/overlap", "invalid", "Choose how long the old secret lives on.")
            raise Invalid("invalid", "The secret cannot be changed so.", [problem])
        secrets.append(access.rotate_secret(client_id, overlap_s=overlap, partner_id=partner_id))
        return client_id

    def work() -> None:
        access.client_view(client_id, partner_id=partner_id)
        made.append(sent_forms.once(f"secret {client_id}", forms.sent_key(), rotate))

    errors, status = forms.tried(work, {"/overlap": "overlap"})
    if errors:
        return client_pages.page(client_id, errors), status
    until = clock.now() + dt.timedelta(seconds=overlap) if overlap else None
    return _shown_once(*made[-1], secrets, until=until)


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


def _shown_once(client_id: str, new: bool, secrets: list[str], until: dt.datetime | None) -> Response:
    """The page with the secret, or the way to the client whose secret was shown when the form was sent before."""
    if not new:
        return redirect(url_for("portal.client", client_id=client_id, said="sent_before"), code=303)
    shown = {"client_id": client_id, "secret": secrets[-1], "until": until}
    answer = make_response(render_template("portal/client_secret.html", nav="portal-clients", **shown))
    answer.headers["Cache-Control"] = "no-store"
    return answer
