"""The apps that a member has allowed something, and taking it back: from then on the app is out within a second."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import partners
from coalition.access import oauth
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.site import viewer

blueprint = Blueprint("apps", __name__)


@blueprint.get("/account/apps")
def allowed() -> str:
    """What may act for the member now."""
    notice = {"withdrawn": "app_withdrawn"}.get(request.args.get("done", ""))
    return render_template("site/apps.html", nav="account", notice=notice, apps=transact(_apps))


@blueprint.post("/account/apps/<client_id>/withdraw")
def withdraw(client_id: str) -> Response:
    """Take back what one app was allowed; pressed twice it is the same."""

    def work() -> None:
        viewer.require_member()
        oauth.withdraw(viewer.signed_in_as(), client_id)

    try:
        transact(work)
    except NotFound:
        return redirect(url_for("apps.allowed"), code=303)
    return redirect(url_for("apps.allowed", done="withdrawn"), code=303)


def _apps() -> list[dict[str, Any]]:
    viewer.require_member()
    return [
        {
            "client_id": app.client_id,
            "name": app.name,
            "partner": partners.get(app.partner_id).name,
            "scopes": app.scopes,
            "since": app.since,
            "expires_at": app.expires_at,
            "last_token_at": app.last_token_at,
        }
        for app in oauth.apps_of(viewer.signed_in_as())
    ]
