"""What a member has beside points: coupons with their codes, how far each achievement is, badges, tickets, prizes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.promotions import coupons, holdings
from coalition.site import viewer

blueprint = Blueprint("holdings", __name__)
_SHOWN = 50
_PRIVATE = frozenset({"segment", "attribute"})


@blueprint.get("/account/coupons")
def shown() -> str:
    """Coupons that can be used first, then the others; what is under way and what was reached."""
    one = viewer.require_member()
    return render_template("site/holdings.html", nav="account", **transact(lambda: _page(one)))


def view(program_id: int, member_id: int) -> list[dict[str, Any]]:
    """What a member holds, in the viewer's language; `goal` is what an achievement takes (0: it has no end)."""
    names, spoken = holdings.names(program_id), language()
    return [
        {
            "kind": one.kind,
            "name": names.of(one.kind, one.name, spoken) if one.kind not in ("status", "crown") else one.name,
            "code": one.name,
            "value": one.value,
            "text": one.text,
            "until": one.until,
            "goal": names.target(one.name) if one.kind == "progress" else 0,
        }
        for one in holdings.held(member_id)
    ]


def coupon_view(member_id: int) -> list[dict[str, Any]]:
    """A member's coupons, those that can be used first."""
    rows = [
        {
            "code": coupons.spaced(one.code),
            "name": one.name_ru if language() == "ru" else one.name_en,
            "state": one.state,
            "until": one.valid_until,
            "issued_at": one.issued_at,
        }
        for one in coupons.held(member_id)
    ]
    return sorted(rows, key=lambda row: row["state"] not in ("usable", "waiting"))[:_SHOWN]


def _page(one: viewer.Viewer) -> dict[str, Any]:
    mine = [held for held in view(one.program_id, one.member_id) if held["kind"] not in _PRIVATE]
    return {"coupons": coupon_view(one.member_id), "holdings": mine, "prizes": _prizes(one.member_id)}


def _prizes(member_id: int) -> list[dict[str, Any]]:
    """Gifts that were won or given, the latest first."""
    found = [one for one in holdings.given(member_id) if one.kind == "gift" and one.undoes is None]
    return [{"name": one.name, "at": one.occurred_at} for one in found[:_SHOWN]]
