"""What a member has beside points, and every effect that gave it: coupons, progress, badges, segments, fraud flags."""

from __future__ import annotations

from typing import Any

from flask import render_template

from coalition.console import member_view
from coalition.console.frame import blueprint
from coalition.console.member_pages import looked_at
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.members import Member
from coalition.promotions import holdings
from coalition.site.holdings import coupon_view, view

_SHOWN = 100


@blueprint.get("/members/<member>/holdings")
def member_holdings(member: str) -> str:
    """Coupons, holdings and what was given lately."""

    def work() -> dict[str, Any]:
        found = looked_at(member, "holdings")
        mine = {"holdings": view(found.program_id, found.id), "coupons": coupon_view(found.id)}
        return {**member_view.head(found), **mine, "given": _given(found)}

    return render_template("console/member_holdings.html", nav="members", **transact(work))


def _given(member: Member) -> list[dict[str, Any]]:
    names = holdings.names(member.program_id)
    return [
        {
            "at": one.occurred_at,
            "kind": one.kind,
            "about": names.of(one.holding or "", one.name, language()),
            "change": _step(one),
            "promotion": names.promotion(one.promotion, language()),
            "undone": one.undoes is not None,
            "purchase": ids.public("pur", one.source_id) if one.source == "purchase" else None,
            "won": one.what.get("win") if one.kind == "chance" else None,
        }
        for one in holdings.given(member.id, _SHOWN)
    ]


def _step(one: holdings.Effect) -> int:
    """By how much an effect changed what the member has; of progress its step, also where that completed it."""
    delta = one.what.get("delta")
    return delta if one.holding == "progress" and one.undoes is None and type(delta) is int else one.change
