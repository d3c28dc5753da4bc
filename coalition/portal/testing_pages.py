"""Test mode on a page: switch it on, see its cards and clients, make a new secret, start over."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access, sandbox
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, TooMany
from coalition.portal.frame import ADMIN, blueprint, manager, viewer


@blueprint.get("/testing")
def testing() -> str:
    """The partner's test mode, or how to switch it on."""
    return _page()


@blueprint.post("/testing")
def testing_switch_on() -> str | Response:
    """Switch test mode on and show the credentials of its client, this once."""
    made = transact(lambda: sandbox.switch_on(manager().partner_id))
    if made is None:
        return redirect(url_for("portal.testing"), 303)
    return _page(credentials=(made[1], made[2]))


@blueprint.post("/testing/secret")
def testing_secret() -> str:
    """Make a new secret for a test client and show it, this once; the one before is right for another day."""
    client_id = request.form.get("client", "")

    def work() -> str:
        mode = sandbox.find(manager().partner_id)
        if mode is None:
            raise NotFound()
        return access.rotate_secret(client_id, partner_id=mode.twin_id)

    return _page(credentials=(client_id, transact(work)))


@blueprint.post("/testing/reset")
def testing_reset() -> Response | tuple[str, int]:
    """Start test mode over."""
    try:
        transact(lambda: sandbox.reset(manager().partner_id))
    except TooMany:
        return _page(refused=True), 429
    return redirect(url_for("portal.testing", over="1"), 303)


def _page(**more: Any) -> str:
    return render_template("portal/testing.html", nav="portal-testing", **transact(_shown), **more)


def _shown() -> dict[str, Any]:
    colleague = viewer()
    mode = sandbox.find(colleague.partner_id)
    return {
        "mode": mode,
        "clients": access.clients_of(mode.twin_id) if mode else [],
        "cards": sandbox.CARDS,
        "outlet": sandbox.OUTLET,
        "settings": _settings() if mode else "",
        "may_change": ADMIN in colleague.roles,
        "over": request.args.get("over") == "1",
    }


def _settings() -> str:
    """What a developer sets before the commands of the quick start: where the server is, an outlet, a card."""
    full = next(card.number for card in sandbox.CARDS if card.state == "points")
    return f"URL={request.host_url.rstrip('/')}\nOUTLET={sandbox.OUTLET}\nCARD={full}"
