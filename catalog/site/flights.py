"""Flights: searched at their sellers, chosen, given their travellers, and then ordered as every reward is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from catalog.ports import FlightOffer, FlightSearch, SupplierLine
from catalog.pricing import Found
from catalog.rewards import Reward
from catalog.site import booking
from catalog.site.blueprint import blueprint
from catalog.site.checkout_form import FormError
from catalog.site.means import means
from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.site import viewer
from coalition.site.viewer import require_member

MOST_PASSENGERS = 9
_LATEST_DAYS = 330
_SHOWN = 30
_AIRPORT = re.compile("[A-Z]{3}")
_NAME = re.compile(r"[^\W\d_][\w' .-]{0,59}")
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
    """The search form, and what was found."""
    form = {name: request.args.get(name, "").strip()[:20] for name in ("from", "to", "on", "passengers")}
    asked = bool(form["from"] or form["to"] or form["on"])
    errors = _problems(form) if asked else []
    found, complete = _search(form) if asked and not errors else ([], True)
    page = render_template(
        "catalog/flights.html",
        nav="rewards",
        form={**form, "passengers": form["passengers"] or "1"},
        asked=asked and not errors,
        errors=errors,
        offers=found[:_SHOWN],
        complete=complete,
        airports=AIRPORTS,
        today=clock.now().date(),
        means=transact(means),
    )
    return make_response(page, 422 if errors else 200)


@blueprint.get("/flights/travellers")
def travellers() -> BaseResponse:
    """Who flies: a form for each passenger of the chosen offer."""
    require_member()
    facts = booking.opened(request.args.get("offer", ""))
    if not booking.still_good(facts):
        return _again(facts)
    return _page(facts, {}, [])


@blueprint.post("/flights/travellers")
def book() -> BaseResponse:
    """Ask the seller for its price once more, hold it, and go on to the order."""
    member = require_member()
    facts = booking.opened(request.form.get("offer", ""))
    people = _people(request.form, len(facts["passenger_ids"]))
    if not booking.still_good(facts):
        return _again(facts)
    if errors := _wrong_people(people):
        return _page(facts, request.form, errors, 422)
    reward = booking.seller("flight", facts["reward"])
    try:
        live = booking.live_price(reward, SupplierLine(facts["ref"], 1))
    except Refusal as refusal:
        return _page(facts, request.form, [FormError("", refusal.code)], 422)
    cost, currency = live.lines[0].cost_minor, live.currency
    if cost > facts["cost"] and request.form.get("agreed") != str(cost):
        risen = {**facts, "cost": cost, "points": booking.points(reward, cost, currency)}
        return _page(risen, request.form, [FormError("", "price_changed")], 422, agreed=cost)
    details = {"travellers": people, "passenger_ids": facts["passenger_ids"]}
    leaves = facts["departs_at"][:16].replace("T", " ")
    title = f"{facts['origin']} → {facts['destination']}, {facts['flight_no']}, {leaves}"
    found = Found(facts["ref"], title, title, 1, cost, currency, live.expires_at, details)
    quoted = booking.hold(member, reward, found)
    return redirect(url_for("catalog.checkout", quote=ids.public("quo", quoted.id)), code=303)


def _again(facts: Mapping[str, Any]) -> BaseResponse:
    """The offer has lapsed: the same search anew."""
    on, passengers = facts["departs_at"][:10], len(facts["passenger_ids"])
    asked = {"from": facts["origin"], "to": facts["destination"], "on": on, "passengers": passengers}
    return redirect(url_for("catalog.flights", **asked), code=303)


def _problems(form: Mapping[str, str]) -> list[FormError]:
    found = [FormError(name, "airport") for name in ("from", "to") if not _AIRPORT.fullmatch(form[name].upper())]
    if not found and form["from"].upper() == form["to"].upper():
        found.append(FormError("to", "same_airport"))
    day, today = _day(form["on"]), clock.now().date()
    if day is None or not today <= day <= today + dt.timedelta(days=_LATEST_DAYS):
        found.append(FormError("on", "travel_day"))
    if form["passengers"] and form["passengers"] not in {str(n) for n in range(1, MOST_PASSENGERS + 1)}:
        found.append(FormError("passengers", "invalid"))
    return found


def _day(typed: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(typed)
    except ValueError:
        return None


def _search(form: Mapping[str, str]) -> tuple[list[dict[str, Any]], bool]:
    day = _day(form["on"])
    assert day is not None
    asked = FlightSearch(form["from"].upper(), form["to"].upper(), day, int(form["passengers"] or 1))
    found, complete = booking.search(booking.sellers("flight"), lambda desk, ctx: desk.search_flights(ctx, asked))
    told = [one for reward, offer in found if (one := _told(reward, offer)) is not None]
    return sorted(told, key=lambda one: (one["points"], one["departs_at"])), complete


def _told(reward: Reward, offer: FlightOffer) -> dict[str, Any] | None:
    points = booking.points(reward, offer.cost_minor, offer.currency)
    if points is None or offer.expires_at <= clock.now():
        return None
    facts = {
        "reward": reward.id,
        "ref": offer.offer_ref,
        "carrier": offer.carrier,
        "flight_no": offer.flight_no,
        "origin": offer.origin,
        "destination": offer.destination,
        "departs_at": offer.departs_at.isoformat(),
        "arrives_at": offer.arrives_at.isoformat(),
        "cost": offer.cost_minor,
        "points": points,
        "refundable": offer.refundable,
        "expires_at": offer.expires_at.isoformat(),
        "passenger_ids": list(offer.passenger_ids),
    }
    return {**_shown(facts), "token": booking.signed(facts)}


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with their times as times; those of departure and arrival are local to their airports."""
    times = ("departs_at", "arrives_at", "expires_at")
    return {**facts, **{name: dt.datetime.fromisoformat(facts[name]) for name in times}}


def _people(form: Mapping[str, str], many: int) -> list[dict[str, str]]:
    names = ("given_name", "family_name", "born_on")
    return [{name: form.get(f"{name}-{at}", "").strip() for name in names} for at in range(1, many + 1)]


def _wrong_people(people: Sequence[Mapping[str, str]]) -> list[FormError]:
    found = []
    for at, person in enumerate(people, 1):
        for name in ("given_name", "family_name"):
            if not _NAME.fullmatch(person[name]):
                found.append(FormError(f"{name}-{at}", "as_in_passport" if person[name] else "required"))
        born = _day(person["born_on"])
        if born is None or not dt.date(1900, 1, 1) <= born <= clock.now().date():
            found.append(FormError(f"born_on-{at}", "birthday"))
    return found


def _page(
    facts: dict[str, Any],
    form: Mapping[str, str],
    errors: Sequence[FormError],
    status: int = 200,
    agreed: int | None = None,
) -> Response:
    page = render_template(
        "catalog/travellers.html",
        nav="rewards",
        offer=_shown(facts),
        token=booking.signed(facts),
        form=form,
        errors=errors,
        agreed=agreed,
        known=viewer.current_member(),
        means=transact(means),
    )
    return make_response(page, status)
