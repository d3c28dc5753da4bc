"""The cart as a page: what was gathered, from whom, what it costs now, and what stands in the way of ordering it."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any, cast

from flask import Flask, g, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from catalog import pricing
from catalog.pricing import Cart, CartLine
from catalog.site import cards, tender
from catalog.site.blueprint import blueprint
from catalog.site.pictures import picture_url
from coalition import partners
from coalition.kernel import ids
from coalition.kernel.db import db, transact
from coalition.kernel.errors import Invalid, NotFound, Refusal
from coalition.kernel.web.pages import language
from coalition.site.viewer import Viewer, current_member, require_member

_NOTICES = ("cart_added", "cart_removed", "price_lapsed")
_SEEN = 4


def init_app(app: Flask) -> None:
    """Let the frame of every page say how much lies in the cart."""
    app.jinja_env.globals["cart_pieces"] = cart_pieces


def cart_pieces() -> int:
    """How many pieces lie in the viewer's cart; none for nobody."""
    member = current_member()
    if "cart_pieces" not in g:
        try:
            g.cart_pieces = pricing.pieces(member.member_id) if member else 0
        except SQLAlchemyError:  # the page that says "something went wrong" must not go wrong itself
            db.session.rollback()
            g.cart_pieces = 0
    return cast(int, g.cart_pieces)


@blueprint.get("/cart")
def cart() -> str:
    """The cart, its lines by supplier."""
    notice = request.args.get("notice")
    return _page(require_member(), [], notice=notice if notice in _NOTICES else None)


@blueprint.post("/cart")
def put() -> Response | tuple[str, int]:
    """Put pieces of a reward into the cart."""
    member = require_member()
    wanted = [(_reward_id(), _quantity())]
    try:
        transact(lambda: pricing.add(member.program_id, member.member_id, wanted))
    except Invalid as refusal:
        return _page(member, [{"field": "", "code": refusal.code, "text": None}]), refusal.status
    return redirect(url_for("catalog.cart", notice="cart_added"), code=303)


@blueprint.post("/cart/lines")
def change() -> Response | tuple[str, int]:
    """Another number of pieces of a reward; none takes it out."""
    member, reward_id, qty = require_member(), _reward_id(), _quantity("0")
    transact(lambda: pricing.set_quantity(member.program_id, member.member_id, reward_id, qty))
    return redirect(url_for("catalog.cart", notice=None if qty else "cart_removed"), code=303)


@blueprint.post("/cart/checkout")
def check_out() -> Response | tuple[str, int]:
    """Hold the price of the whole cart and go on to the order form."""
    member = require_member()
    operator = partners.operator(member.program_id)
    try:
        quoted = transact(lambda: pricing.check_out(member.program_id, member.member_id, None, partner_id=operator.id))
    except Refusal as refusal:
        return _page(member, [{"field": "", "code": refusal.code, "text": None}]), refusal.status
    return redirect(url_for("catalog.checkout", quote=ids.public("quo", quoted.id)), code=303)


def _reward_id() -> int:
    return ids.parse("rew", request.form.get("reward", ""))


def _quantity(otherwise: str = "1") -> int:
    typed = request.form.get("qty", otherwise)
    if not re.fullmatch("0|[1-9][0-9]{0,2}", typed) or int(typed) > pricing.MAX_QTY:
        raise NotFound()
    return int(typed)


def _page(member: Viewer, errors: list[dict[str, Any]], *, notice: str | None = None) -> str:
    context = transact(lambda: _context(member))
    return render_template("catalog/cart.html", nav="cart", errors=errors, notice=notice, **context)


def _context(member: Viewer) -> dict[str, Any]:
    found = pricing.cart(member.program_id, member.member_id)
    options = pricing.delivery_options({line.reward.supplier_id for line in found.lines})
    inside = {line.reward.id for line in found.lines}
    seen = [one for one in pricing.viewed(member.program_id, member.member_id) if one.id not in inside]
    told, available = _told(found, options), cards.available(member.program_id) or 0
    return {
        "cart": told,
        "available": available,
        "payable": available >= told["total_points"] or _card_pays(member.program_id, told["total_points"], available),
        "seen": cards.cards(seen[:_SEEN]),
        "price_held_minutes": pricing.TTL_S // 60,
    }


def _card_pays(program_id: int, points: int, available: int) -> bool:
    """Whether a card may pay what the points do not."""
    return points > 0 and tender.cash_taken() and bool(pricing.pay_examples(program_id, points, available))


def _told(found: Cart, options: cards.Options) -> dict[str, Any]:
    parcels = [_parcel(list(lines), options) for _, lines in groupby(sorted(found.lines, key=_share), _share)]
    delivery = sum(parcel["delivery"]["points"] for parcel in parcels if parcel["delivery"])
    return {
        "pieces": found.pieces,
        "parcels": parcels,
        "goods_points": found.points,
        "delivery_points": delivery,
        "total_points": found.points + delivery,
        "orderable": bool(found.lines) and all(line.problem is None for line in found.lines),
        "held_until": found.held_until,
        "quote": ids.public("quo", found.quote_id) if found.quote_id and found.held_until else None,
    }


def _share(line: CartLine) -> tuple[int, bool]:
    """What one supplier sends in one way: a consignment to be."""
    return line.reward.supplier_id, line.reward.electronic


def _parcel(lines: list[CartLine], options: cards.Options) -> dict[str, Any]:
    ways = cards.deliveries(lines[0].reward, options)
    return {
        "supplier": lines[0].reward.supplier_name,
        "delivery": ways[0] if ways else None,
        "ways": len(ways),
        "lines": [_line(line) for line in lines],
    }


def _line(line: CartLine) -> dict[str, Any]:
    reward = line.reward
    most = 10 if reward.available is None else max(1, min(reward.available, 10))
    return {
        "reward_id": ids.public("rew", reward.id),
        "title": reward.title(language()),
        "artwork": reward.artwork,
        "picture_url": picture_url(reward, 160),
        "qty": line.qty,
        "most": max(most, line.qty) if line.problem is None else most,
        "left": reward.available,
        "points": line.points,
        "points_then": line.points_then,
        "was": line.base_points if line.base_points > line.points else None,
        "problem": line.problem,
    }
