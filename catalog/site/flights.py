"""Flights: found at their sellers, kept for the member, given their travellers, then ordered as every reward is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from catalog import rewards, suppliers
from catalog.ports import FlightSearch
from catalog.site import finding
from catalog.site.blueprint import blueprint
from catalog.site.checkout_form import FormError
from catalog.site.means import means
from catalog.suppliers import MOST_PASSENGERS, BookableOffer, Traveller
from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid, NotFound, Refusal
from coalition.site import viewer
from coalition.site.viewer import Viewer, require_member

_SHOWN = 30
_FIELDS = {"origin": "airport", "destination": "airport", "on": "travel_day", "passengers": "invalid"}
_PERSON = {"given_name": "as_in_passport", "family_name": "as_in_passport", "born_on": "birthday"}
# What most who look here fly between; any other airport can be typed.
AIRPORTS = {
    "RIX": ("Riga", "Рига"),
    "TLL": ("Tallinn", "Таллин"),
    "VNO": ("Vilnius", "Вильнюс"),
    "HEL": ("Helsinki", "Хельсинки"),
    "ARN": ("Stockholm", "Стокгольм"),
    "CPH": ("Copenhagen", "Копенгаген"),
    "BER": ("Berlin", "Берлин"),
    "LHR": ("London", "Лондон"),
    "CDG": ("Paris", "Париж"),
    "FCO": ("Rome", "Рим"),
    "BCN": ("Barcelona", "Барселона"),
    "LIS": ("Lisbon", "Лиссабон"),
    "IST": ("Istanbul", "Стамбул"),
}


@blueprint.get("/flights")
def flights() -> Response:
    """The search form; to a member, what was found."""
    form = {name: request.args.get(name, "").strip()[:20] for name in ("origin", "destination", "on", "passengers")}
    form["passengers"] = form["passengers"] or "1"
    found: list[dict[str, Any]] = []
    complete, errors = True, []
    asked = any(form[name] for name in ("origin", "destination", "on"))
    if asked:
        member = require_member()
        try:
            found, complete = _search(member, _asked(form))
        except Invalid as refusal:
            errors = _told_wrong(refusal.errors)
    page = render_template(
        "catalog/flights.html",
        nav="rewards",
        form=form,
        asked=asked and not errors,
        errors=errors,
        offers=found,
        complete=complete,
        airports=AIRPORTS,
        most=MOST_PASSENGERS,
        notice="find_lapsed" if request.args.get("notice") == "find_lapsed" else None,
        means=transact(means),
    )
    return make_response(page, 422 if errors else 200)


@blueprint.get("/flights/<find_id>")
def travellers(find_id: str) -> BaseResponse:
    """Who flies: a form for each passenger of the chosen flight."""
    member = require_member()
    try:
        found = transact(lambda: suppliers.bookable(member.member_id, ids.parse("fnd", find_id)))
    except NotFound:
        return finding.lapsed("catalog.flights")
    return _page(member, found, {}, [])


@blueprint.post("/flights/<find_id>")
def book(find_id: str) -> BaseResponse:
    """Name the travellers, hold the price, and go on to the order."""
    member = require_member()
    try:
        found = transact(lambda: suppliers.bookable(member.member_id, ids.parse("fnd", find_id)))
    except NotFound:
        return finding.lapsed("catalog.flights")
    people = _people(request.form, int(found.details["passengers"]))
    try:
        today = clock.now().date()
        transact(lambda: suppliers.name_travellers(member.member_id, found.id, people, today))
        quoted = finding.hold(member, found)
    except Refusal as refusal:
        errors = _wrong_people(refusal.errors) or [FormError("", refusal.code)]
        return _page(member, found, request.form, errors, 422)
    return redirect(url_for("catalog.checkout", quote=ids.public("quo", quoted.id)), code=303)


def _asked(form: Mapping[str, str]) -> FlightSearch:
    passengers = int(form["passengers"]) if form["passengers"].isdecimal() else 0
    day = finding.day(form["on"])
    return suppliers.flight_search(form["origin"], form["destination"], day, passengers, clock.now().date())


def _told_wrong(wrong: Sequence[FieldError]) -> list[FormError]:
    names = [one.pointer.removeprefix("/") for one in wrong]
    return [FormError(name, _FIELDS.get(name, "invalid")) for name in names]


def _search(member: Viewer, asked: FlightSearch) -> tuple[list[dict[str, Any]], bool]:
    answers, complete = finding.ask("flight", lambda desk, ctx: desk.search_flights(ctx, asked))
    kept = [
        found
        for supplier, offers in answers
        for found in transact(
            lambda supplier=supplier, offers=offers: suppliers.keep_flights(  # type: ignore[misc]
                supplier.id, member.member_id, offers[:_SHOWN]
            )
        )
    ]
    told = transact(lambda: [_told(member, one) for one in kept])
    return sorted(told, key=lambda one: (one["points"], one["departs_at"]))[:_SHOWN], complete


def _told(member: Viewer, found: BookableOffer) -> dict[str, Any]:
    facts = found.details
    return {
        "id": ids.public("fnd", found.id),
        **{name: facts[name] for name in ("carrier", "flight_no", "origin", "destination", "refundable", "passengers")},
        **{name: _local(facts[name]) for name in ("departs_at", "arrives_at")},
        "expires_at": found.expires_at,
        "points": rewards.points_of(member.program_id, found) * found.pieces,
    }


def _local(told: dt.datetime | str) -> dt.datetime:
    """A local instant as it was found, or as it is kept."""
    return told if isinstance(told, dt.datetime) else dt.datetime.fromisoformat(told)


def _people(form: Mapping[str, str], many: int) -> list[Traveller]:
    return [
        Traveller(
            form.get(f"given_name-{at}", "").strip(),
            form.get(f"family_name-{at}", "").strip(),
            finding.day(form.get(f"born_on-{at}", "")),
        )
        for at in range(many)
    ]


def _wrong_people(wrong: Sequence[FieldError]) -> list[FormError]:
    """Errors at `/travellers/<at>/<field>` as the form names its fields."""
    found = []
    for one in wrong:
        _, *way = one.pointer.split("/")
        if len(way) == 3 and way[0] == "travellers" and way[2] in _PERSON:
            found.append(FormError(f"{way[2]}-{way[1]}", _PERSON[way[2]]))
    return found


def _page(
    member: Viewer, found: BookableOffer, form: Mapping[str, str], errors: Sequence[FormError], status: int = 200
) -> Response:
    offer = transact(lambda: _told(member, found))
    page = render_template(
        "catalog/travellers.html",
        nav="rewards",
        offer=offer,
        form=form,
        errors=errors,
        known=viewer.current_member(),
        means=transact(means),
    )
    return make_response(page, status)
