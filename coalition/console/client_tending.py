"""Tending a partner's OAuth clients, said once: the partner does it in its portal, administrators in the console.

A page with a secret is no answer that can be fetched again: a form sent twice ends the secret of a moment ago.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from coalition import access
from coalition.access import ClientView
from coalition.console import forms
from coalition.kernel import audit, clock
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid

OVERLAPS = {"0": 0, "1": 3600, "24": 24 * 3600, "168": 7 * 24 * 3600, "720": 30 * 24 * 3600}
_EVENTS = 20
Answer = BaseResponse | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Tending:
    """Whose clients are tended, by whom, and where: `address(deed, client_id)` leads to the `page` of a client and to
    its deeds `secret`, `scopes` and `switch`. `above` are the pages above a client's; `nav` is the door in the menu."""

    partner_id: int
    may_change: bool
    nav: str
    above: list[tuple[str, str]]
    address: Callable[..., str]


def page(tending: Tending, client_id: str, errors: forms.Errors) -> str:
    """One client: what it may do, and what happened to it. NotFound for another partner's."""

    def work() -> dict[str, Any]:
        found = access.client_view(client_id, partner_id=tending.partner_id)
        events = access.token_events(client_id, request.args.get("cursor"), _EVENTS, partner_id=tending.partner_id)
        return {
            "client": row(found),
            "events": events.items,
            "next_cursor": events.next_cursor,
            "actors": access.names(one.actor for one in events.items),
        }

    more = {"all_scopes": list(access.ALL_SCOPES), "overlaps": list(OVERLAPS), "errors": errors, "tending": tending}
    return render_template("portal/client.html", nav=tending.nav, **transact(work), **more)


def rotate(tending: Tending, client_id: str) -> Response | tuple[str, int]:
    """Give the client a new secret, beside which the old one lives on for the chosen time."""
    overlap = OVERLAPS.get(request.form.get("overlap", ""))
    made: list[str] = []

    def work() -> None:
        if overlap is None:
            problem = FieldError("/overlap", "invalid", "Choose how long the old secret lives on.")
            raise Invalid("invalid", "The secret cannot be changed so.", [problem])
        made.append(access.rotate_secret(client_id, overlap_s=overlap, partner_id=tending.partner_id))

    errors, status = forms.tried(work, {"/overlap": "overlap"})
    if errors:
        return page(tending, client_id, errors), status
    until = clock.now() + dt.timedelta(seconds=overlap) if overlap else None
    return shown_once(tending, client_id, made[-1], until)


def scope(tending: Tending, client_id: str) -> Answer:
    """Say what the client may do from now on."""
    wanted = forms.picked("scopes")
    deed = lambda: access.set_scopes(client_id, wanted, partner_id=tending.partner_id)  # noqa: E731
    return _change(tending, client_id, deed, "scopes_set")


def switch(tending: Tending, client_id: str) -> Answer:
    """Switch the client off, or on again."""
    active = request.form.get("active") == "yes"
    deed = lambda: access.set_client_active(client_id, active, partner_id=tending.partner_id)  # noqa: E731
    return _change(tending, client_id, deed, "client_on" if active else "client_off")


def shown_once(tending: Tending, client_id: str, secret: str, until: dt.datetime | None) -> Response:
    """The one page with a secret; `until` when the one before lives on."""
    shown = {"client_id": client_id, "secret": secret, "until": until, "tending": tending}
    answer = make_response(render_template("portal/client_secret.html", nav=tending.nav, **shown))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def row(one: ClientView) -> dict[str, Any]:
    """A client as a page shows it."""
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


def _change(tending: Tending, client_id: str, deed: Callable[[], None], said: str) -> Answer:
    errors, status = forms.tried(deed, {"/scopes": "scopes"})
    if errors:
        return page(tending, client_id, errors), status
    return redirect(tending.address("page", client_id, said=said), code=303)
