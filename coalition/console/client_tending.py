"""Tending a partner's OAuth clients, said once: the partner does it in its portal, administrators in the console.

A page with a secret is no answer that can be fetched again. A form sent twice does its deed once; the second time it
leads to the client, without the secret.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from coalition import access
from coalition.access import ClientView
from coalition.console import forms
from coalition.kernel import audit, clock, sent_forms
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid

OVERLAPS = {"0": 0, "1": 3600, "24": 24 * 3600, "168": 7 * 24 * 3600, "720": 30 * 24 * 3600}
WORDED = ("bad_redirect", "bad_keys", "scope_needs_proof", "unknown_scope")
FIELDS = {"/name": "name", "/kind": "kind", "/scopes": "scopes", "/jwks": "jwks", "/redirect_uris": "redirect_uris"}
FIELDS |= {f"/redirect_uris/{at}": "redirect_uris" for at in range(20)}
FIELDS |= {f"/jwks/keys/{at}": "jwks" for at in range(5)}
_EVENTS = 20
Answer = BaseResponse | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Tending:
    """Whose clients are tended, by whom, and where.

    `address(deed, client_id)` leads to the `page` of a client and to its deeds `secret`, `scopes`, `redirects` and
    `switch`. `above` are the pages above a client's; `nav` is the door in the menu.
    """

    partner_id: int
    may_change: bool
    nav: str
    above: list[tuple[str, str]]
    address: Callable[..., str]


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a form that registers a client: what is wrong with it, or the client and its secret.

    `secrets` is empty where the form was sent before.
    """

    errors: forms.Errors
    status: int
    client_id: str
    secrets: list[str]


def page(tending: Tending, client_id: str, errors: forms.Errors, typed: str | None = None) -> str:
    """One client: what it may do, and what happened to it. NotFound for another partner's.

    `typed` are the addresses that somebody tried to give it.
    """

    def work() -> dict[str, Any]:
        found = access.client_view(client_id, partner_id=tending.partner_id)
        events = access.token_events(client_id, request.args.get("cursor"), _EVENTS, partner_id=tending.partner_id)
        return {
            "client": row(found, last_used([found])),
            "addresses": "\n".join(found.redirect_uris) if typed is None else typed,
            "events": events.items,
            "next_cursor": events.next_cursor,
            "actors": access.names(one.actor for one in events.items),
        }

    more = {"all_scopes": list(access.ALL_SCOPES), "overlaps": list(OVERLAPS), "errors": errors, "tending": tending}
    return render_template("portal/client.html", nav=tending.nav, key=forms.new_key(), **transact(work), **more)


def register(create: Callable[[], tuple[str, str]], key: str, fields: Mapping[str, str] = FIELDS) -> Registered:
    """Register a client by `create`, which answers its id and its secret; once for a form's `key`."""
    made, secrets = [""], list[str]()

    def deed() -> str:
        client_id, secret = create()
        secrets.append(secret)
        return client_id

    def work() -> None:
        secrets.clear()
        made[0] = sent_forms.once("client", key, deed)[0]

    errors, status = forms.tried(work, fields, WORDED)
    return Registered(errors, status, made[0], secrets)


def rotate(tending: Tending, client_id: str) -> Answer:
    """Give the client a new secret, beside which the old one lives on for the chosen time."""
    overlap = OVERLAPS.get(request.form.get("overlap", ""))
    made: list[str] = []

    def change() -> str:
        if overlap is None:
            problem = FieldError("/overlap", "invalid", "Choose how long the old secret lives on.")
            raise Invalid("invalid", "The secret cannot be changed so.", [problem])
        made.append(access.rotate_secret(client_id, overlap_s=overlap, partner_id=tending.partner_id))
        return client_id

    def work() -> None:
        access.client_view(client_id, partner_id=tending.partner_id)
        made.clear()
        sent_forms.once(f"secret {client_id}", forms.sent_key(), change)

    errors, status = forms.tried(work, {"/overlap": "overlap"})
    if errors:
        return page(tending, client_id, errors), status
    until = clock.now() + dt.timedelta(seconds=overlap) if overlap else None
    return shown_once(tending, client_id, made, until)


def scope(tending: Tending, client_id: str) -> Answer:
    """Say what the client may do from now on."""
    wanted = forms.picked("scopes")
    deed = lambda: access.set_scopes(client_id, wanted, partner_id=tending.partner_id)  # noqa: E731
    return _change(tending, client_id, deed, "scopes_set")


def redirects(tending: Tending, client_id: str) -> Answer:
    """Say where members come back to from now on."""
    typed = forms.answers("redirect_uris")["redirect_uris"]
    deed = lambda: access.set_redirects(client_id, typed.split(), partner_id=tending.partner_id)  # noqa: E731
    return _change(tending, client_id, deed, "redirects_set", typed)


def switch(tending: Tending, client_id: str) -> Answer:
    """Switch the client off, or on again."""
    active = request.form.get("active") == "yes"
    deed = lambda: access.set_client_active(client_id, active, partner_id=tending.partner_id)  # noqa: E731
    return _change(tending, client_id, deed, "client_on" if active else "client_off")


def shown_once(tending: Tending, client_id: str, made: list[str], until: dt.datetime | None) -> BaseResponse:
    """The one page with the secret that was `made`; `until` when the one before lives on.

    Where none was made, the form was sent before: the way leads to the client.
    """
    if not made:
        return redirect(tending.address("page", client_id, said="sent_before"), code=303)
    shown = {"client_id": client_id, "secret": made[-1], "until": until, "tending": tending}
    answer = make_response(render_template("portal/client_secret.html", nav=tending.nav, **shown))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def last_used(found: list[ClientView]) -> Mapping[str, dt.datetime]:
    """When each was last given a token, by what the trail calls it: one question for all of them."""
    return audit.latest([f"client:{one.id}" for one in found], "token.issued")


def row(one: ClientView, used: Mapping[str, dt.datetime]) -> dict[str, Any]:
    """A client as a page shows it; `used` is what `last_used` says."""
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


def _change(tending: Tending, client_id: str, deed: Callable[[], None], said: str, typed: str | None = None) -> Answer:
    errors, status = forms.tried(deed, FIELDS, WORDED)
    if errors:
        return page(tending, client_id, errors, typed), status
    return redirect(tending.address("page", client_id, said=said), code=303)
