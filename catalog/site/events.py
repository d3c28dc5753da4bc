"""Events with seats: what is on, an event's hall, and the chosen seats, ordered as every reward is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from catalog.ports import (
    BookingSearch,
    Event,
    EventSearch,
    Failure,
    Hall,
    Rejected,
    Section,
    SupplierAccess,
    SupplierLine,
)
from catalog.pricing import Found
from catalog.rewards import Reward
from catalog.site import booking
from catalog.site.blueprint import blueprint
from catalog.site.checkout_form import FormError
from catalog.site.means import means
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal, Unavailable
from coalition.site.viewer import require_member

MOST_SEATS = 6
_SHOWN = 60


@blueprint.get("/events")
def events() -> str:
    """What is on, soonest first, by words, city and day."""
    form = {name: request.args.get(name, "").replace("\x00", "").strip()[:60] for name in ("q", "city", "since")}
    asked = EventSearch(form["q"], form["city"], _day(form["since"]))
    found, complete = booking.search(booking.sellers("event"), lambda desk, ctx: desk.search_events(ctx, asked))
    told = [_told(reward, event) for reward, event in found]
    shown = sorted((one for one in told if one["points"] is not None), key=lambda one: one["starts_at"])
    return render_template(
        "catalog/events.html",
        nav="rewards",
        form=form,
        events=shown[:_SHOWN],
        complete=complete,
        filtered=any(form.values()),
        means=transact(means),
    )


@blueprint.get("/events/<reward_id>/<ref>")
def event(reward_id: str, ref: str) -> Response:
    """An event's seats as they are now."""
    reward = booking.seller("event", ids.parse("rew", reward_id))
    return _page(reward, ref, [], [])


@blueprint.post("/events/<reward_id>/<ref>")
def choose(reward_id: str, ref: str) -> BaseResponse:
    """Ask for the price of the chosen seats, hold it, and go on to the order."""
    member = require_member()
    reward = booking.seller("event", ids.parse("rew", reward_id))
    hall, chosen = _hall(reward, ref), request.form.getlist("seat")
    section = _section(hall, chosen)
    if section is None:
        return _page(reward, ref, chosen, [FormError("seats", "choose_seats")], 422, hall)
    line = SupplierLine(f"{ref}:{'+'.join(chosen)}", len(chosen))
    try:
        live = booking.live_price(reward, line)
    except Refusal as refusal:
        return _page(reward, ref, chosen, [FormError("seats", refusal.code)], 422)
    cost = live.lines[0].cost_minor
    if cost > section.price_minor:
        return _page(reward, ref, chosen, [FormError("seats", "price_changed")], 422)
    title = f"{hall.event.title}, {hall.event.starts_at:%Y-%m-%d %H:%M}, {section.name}: {', '.join(chosen)}"
    found = Found(line.sku, title, title, line.qty, cost, live.currency, live.expires_at, {})
    quoted = booking.hold(member, reward, found)
    return redirect(url_for("catalog.checkout", quote=ids.public("quo", quoted.id)), code=303)


def _day(typed: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(typed)
    except ValueError:
        return None


def _hall(reward: Reward, ref: str) -> Hall:
    """The hall as it is now. Raises NotFound for no such event, Unavailable if nobody answers."""
    found, complete = booking.search([reward], lambda desk, ctx: _one(desk, ctx, ref))
    if not found:
        raise NotFound() if complete else Unavailable("unavailable", "The box office does not answer now; try again.")
    return found[0][1]


def _one(desk: BookingSearch, ctx: SupplierAccess, ref: str) -> tuple[Hall, ...] | Failure:
    answer = desk.hall(ctx, ref)
    if isinstance(answer, Rejected):
        return ()
    return (answer,) if isinstance(answer, Hall) else answer


def _section(hall: Hall, chosen: Sequence[str]) -> Section | None:
    """The one section that all chosen seats are free in; None if there is none, or too many were chosen."""
    if not 1 <= len(set(chosen)) == len(chosen) <= MOST_SEATS:
        return None
    free = {section: {seat.id for seat in section.seats if seat.free} for section in hall.sections}
    return next((section for section, seats in free.items() if set(chosen) <= seats), None)


def _told(reward: Reward, event: Event) -> dict[str, Any]:
    return {
        "reward_id": ids.public("rew", reward.id),
        "ref": event.ref,
        "title": event.title,
        "venue": event.venue,
        "city": event.city,
        "starts_at": event.starts_at,
        "points": booking.points(reward, event.from_minor, event.currency),
        "artwork": reward.artwork,
    }


def _page(
    reward: Reward,
    ref: str,
    chosen: Sequence[str],
    errors: Sequence[FormError],
    status: int = 200,
    hall: Hall | None = None,
) -> Response:
    known = hall or _hall(reward, ref)
    sections = [
        {
            "code": section.code,
            "name": section.name,
            "points": booking.points(reward, section.price_minor, section.currency),
            "seats": section.seats,
            "free": sum(seat.free for seat in section.seats),
        }
        for section in known.sections
    ]
    page = render_template(
        "catalog/event.html",
        nav="rewards",
        event=_told(reward, known.event),
        sections=sections,
        chosen=chosen,
        errors=errors,
        most=MOST_SEATS,
        means=transact(means),
    )
    return make_response(page, status)
