"""Events with seats: what is on, an event's hall, and the chosen seats, ordered as every reward is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from catalog import rewards, suppliers
from catalog.ports import BookingSearch, Event, Hall, Rejected
from catalog.site import finding
from catalog.site.blueprint import blueprint
from catalog.site.checkout_form import FormError
from catalog.site.means import means
from catalog.suppliers import MOST_SEATS, Supplier
from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid, NotFound, Refusal, Unavailable
from coalition.site.viewer import require_member

_SHOWN = 60
_TEXT = 60


@blueprint.get("/events")
def events() -> str:
    """What is on, soonest first, by words, city and day."""
    form = {name: request.args.get(name, "").strip()[:_TEXT] for name in ("q", "city", "since")}
    asked = suppliers.event_search(form["q"], form["city"], finding.day(form["since"]))
    answers, complete = finding.ask("event", lambda desk, ctx: desk.search_events(ctx, asked))
    told = [_told(supplier, event) for supplier, found in answers for event in found]
    notice = request.args.get("notice")
    return render_template(
        "catalog/events.html",
        nav="rewards",
        form=form,
        events=sorted(told, key=lambda one: one["starts_at"])[:_SHOWN],
        complete=complete,
        filtered=any(form.values()),
        notice=notice if notice == "find_lapsed" else None,
        means=transact(means),
    )


@blueprint.get("/events/<code>/<ref>")
def event(code: str, ref: str) -> Response:
    """An event's seats as they are now."""
    seller = finding.seller("event", code)
    return _page(seller, _hall(seller, ref), [], [])


@blueprint.post("/events/<code>/<ref>")
def choose(code: str, ref: str) -> BaseResponse:
    """Keep the chosen seats for the member, hold their price, and go on to the order."""
    member, seller = require_member(), finding.seller("event", code)
    hall, chosen = _hall(seller, ref), request.form.getlist("seat")[: MOST_SEATS + 1]
    try:
        found = transact(lambda: suppliers.keep_seats(seller.id, member.member_id, hall, chosen))
        quoted = finding.hold(member, found)
    except Invalid as refusal:
        wrong = refusal.errors[0].code if refusal.errors else refusal.code
        code_of = {"seat_taken": "seat_taken", "seats_differ": "seats_differ"}.get(wrong, "choose_seats")
        return _page(seller, hall, chosen, [FormError("seats", code_of)], 422)
    except Refusal as refusal:
        return _page(seller, hall, chosen, [FormError("seats", refusal.code)], 422)
    return redirect(url_for("catalog.checkout", quote=ids.public("quo", quoted.id)), code=303)


def _hall(seller: Supplier, ref: str) -> Hall:
    """The hall as it is now. Raises NotFound for no such event, Unavailable if nobody answers."""
    answer = ports.get(BookingSearch).hall(finding.access(seller), ref)
    if isinstance(answer, Hall):
        return answer
    if isinstance(answer, Rejected):
        raise NotFound()
    raise Unavailable("unavailable", "The box office does not answer now; try again.")


def _told(seller: Supplier, event: Event) -> dict[str, Any]:
    return {
        "seller": seller.code,
        "ref": event.ref,
        "title": event.title,
        "venue": event.venue,
        "city": event.city,
        "starts_at": event.starts_at,
        "points": transact(lambda: rewards.found_points(seller.id, event.from_minor)),
        "artwork": "ticket",
    }


def _page(
    seller: Supplier, hall: Hall, chosen: Sequence[str], errors: Sequence[FormError], status: int = 200
) -> Response:
    sections = [
        {
            "code": section.code,
            "name": section.name,
            "points": transact(lambda minor=section.price_minor: rewards.found_points(seller.id, minor)),  # type: ignore[misc]
            "seats": section.seats,
            "free": sum(seat.free for seat in section.seats),
        }
        for section in hall.sections
    ]
    page = render_template(
        "catalog/event.html",
        nav="rewards",
        event=_told(seller, hall.event),
        sections=sections,
        chosen=chosen,
        errors=errors,
        most=MOST_SEATS,
        means=transact(means),
    )
    return make_response(page, status)
