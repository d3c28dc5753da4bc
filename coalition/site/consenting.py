"""The authorization endpoint (RFC 6749 3.1): a member is asked whether an app may act for them, each time anew.

The form carries the request back to us and it is read again from the start, so nothing in it need be trusted. Redirects
are 303: what was posted here (a password among it) never travels on.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from coalition import partners
from coalition.access import oauth
from coalition.kernel import config
from coalition.kernel.db import transact
from coalition.kernel.errors import Forbidden
from coalition.site import viewer

blueprint = Blueprint("consenting", __name__)
_NOT_ASKED = ("csrf_token", "decision")


@blueprint.get("/oauth/authorize")
def ask() -> Response | str:
    """Show who asks for what, or answer the app at once that it cannot be."""
    return _with_wish(request.args, _page)


@blueprint.post("/oauth/authorize")
def decide() -> Response | str:
    """Send the member back with a code, or with the answer that they would rather not."""
    return _with_wish(_asked(), _decide)


def _with_wish(params: MultiDict[str, str], then: Any) -> Response | str:
    """What becomes of a request, in one transaction; a wish that cannot be granted is answered to the app."""

    def work() -> Response | str:
        try:
            wish = oauth.read(dict(params.lists()))
        except oauth.SentBack as refusal:
            return _back(refusal.wish, error=refusal.error, error_description=refusal.why)
        answer: Response | str = then(wish, viewer.require_member())
        return answer

    return transact(work)


def _page(wish: oauth.Wish, member: viewer.Viewer) -> str:
    if member.program_id != wish.client.program_id:
        raise Forbidden("other_program", "This app is for members of another program.")
    g.policy = {"form-action": f"'self' {oauth.origin_of(wish.redirect_uri)}"}  # where the form's answer leads
    return render_template(
        "site/consent.html",
        app=wish.client.name,
        partner=partners.get(wish.client.partner_id).name,
        scopes=sorted(wish.scopes),
        leads_to=oauth.origin_of(wish.redirect_uri),
        member_name=member.name,
        days=oauth.LIFE.days,
        asked=list(request.args.items()),
        again=request.full_path,
    )


def _decide(wish: oauth.Wish, member: viewer.Viewer) -> Response:
    if request.form.get("decision") != "allow":
        return _back(wish, error="access_denied", error_description="The member would rather not.")
    return _back(wish, code=oauth.allow(viewer.signed_in_as(), wish))


def _back(wish: oauth.Wish, **answer: str) -> Response:
    response = redirect(wish.answered(config.current().base_url, **answer), code=303)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _asked() -> MultiDict[str, str]:
    """The request that the form carries; what is in the address counts as sent twice."""
    posted = [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_ASKED]
    return MultiDict([*posted, *request.args.items(multi=True)])
