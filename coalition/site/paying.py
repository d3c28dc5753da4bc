"""Paying with points at a till: the member's one-time code and the QR code that says the same to a scanner.

A code lives for a minute or so; a link asks for the next one, so the page needs no script. Nothing of it may be kept
by a browser or a proxy.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template
from markupsafe import Markup

from coalition import members
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.site import viewer

blueprint = Blueprint("paying", __name__)


@blueprint.get("/account/pay")
def code() -> Response:
    """The code of this moment, as digits and as a picture."""

    def work() -> members.Proof:
        member = viewer.require_member()
        return members.prove(member.program_id, member.member_id)

    proof = transact(work)
    left_s = max(0, int((proof.expires_at - clock.now()).total_seconds()))
    page = render_template(
        "site/pay.html",
        nav="account",
        code=proof.code,
        picture=_picture(proof.payload),
        left_s=left_s,
        expires_at=proof.expires_at,
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _picture(payload: str) -> Markup:
    """A QR code as inline SVG, dark on white in every theme: scanners read no other."""
    import segno

    qr = segno.make(payload, error="m", micro=False)
    return Markup(qr.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None))  # noqa: S704 - drawn by us from our own characters
