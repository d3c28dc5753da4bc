"""The wish list, which remembers what each wish cost; and forgetting what was looked at."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import pricing
from catalog.pricing import Wish
from catalog.site import cards
from catalog.site.blueprint import blueprint
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid
from coalition.site.viewer import Viewer, require_member

_NOTICES = ("wish_added", "wish_removed", "views_forgotten")
_SEEN = 8


@blueprint.get("/wishes")
def wishes() -> str:
    """The member's wishes, with what became of their prices, and what was looked at last."""
    notice = request.args.get("notice")
    return _page(require_member(), [], notice=notice if notice in _NOTICES else None)


@blueprint.post("/wishes")
def wish() -> Response | tuple[str, int]:
    """Put a reward on the list."""
    member, reward_id = require_member(), ids.parse("rew", request.form.get("reward", ""))
    try:
        transact(lambda: pricing.wish(member.program_id, member.member_id, reward_id))
    except Invalid as refusal:
        return _page(member, [{"field": "", "code": refusal.code, "text": None}]), refusal.status
    return redirect(url_for("catalog.wishes", notice="wish_added"), code=303)


@blueprint.post("/wishes/forget")
def forget_wish() -> Response:
    """Take a reward from the list."""
    member, reward_id = require_member(), ids.parse("rew", request.form.get("reward", ""))
    transact(lambda: pricing.forget_wish(member.member_id, reward_id))
    return redirect(url_for("catalog.wishes", notice="wish_removed"), code=303)


@blueprint.post("/wishes/viewed/forget")
def forget_views() -> Response:
    """Forget what the member has looked at."""
    member = require_member()
    transact(lambda: pricing.forget_views(member.member_id))
    return redirect(url_for("catalog.wishes", notice="views_forgotten"), code=303)


def _page(member: Viewer, errors: list[dict[str, Any]], *, notice: str | None = None) -> str:
    def work() -> dict[str, Any]:
        wished = pricing.wishes(member.program_id, member.member_id)
        seen = pricing.viewed(member.program_id, member.member_id, _SEEN)
        told = zip(wished, cards.cards([one.reward for one in wished]), strict=True)
        return {"wishes": [_told(one, card) for one, card in told], "seen": cards.cards(seen)}

    return render_template("catalog/wishes.html", nav="wishes", errors=errors, notice=notice, **transact(work))


def _told(one: Wish, card: dict[str, Any]) -> dict[str, Any]:
    gone = one.reward.state != "on_sale"
    facts = {"points": one.points, "points_then": one.points_then, "added_at": one.added_at, "gone": gone}
    return {**card, **facts}
