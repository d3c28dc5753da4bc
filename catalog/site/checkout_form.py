"""Reading the order form: what was typed, what is wrong with it, and the address that follows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from catalog.ports import Address
from catalog.pricing import PickupPoint, Quote

COUNTRIES = ("LV", "LT", "EE")
Form: TypeAlias = "Mapping[str, str | bool]"
_MOST = {
    "name": 120,
    "email": 254,
    "phone": 32,
    "country": 2,
    "city": 80,
    "postcode": 16,
    "address": 200,
    "note": 300,
    "account": 64,
    "delivery": 40,
    "point": 80,
}
# What has to be said, by where it goes: nowhere (by e-mail), to a point that its carrier keeps, or to a door.
_REQUIRED = {
    "nothing": ("name", "email"),
    "point": ("name", "email", "phone", "country", "point"),
    "door": ("name", "email", "phone", "country", "city", "postcode", "address"),
}
_SHAPES = {
    "email": re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+"),
    "phone": re.compile(r"\+?[0-9 ()-]{6,32}"),
    "postcode": re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{1,15}"),
}


@dataclass(frozen=True, slots=True)
class FormError:
    """What is wrong with a field (`""`: with the whole form), by a code that the template has words for."""

    field: str
    code: str
    text: str | None = None


def filled(quoted: Quote, name: str, email: str, phone: str) -> Form:
    """The form as it is first shown: what was said of this quote before, or else what we know of the member."""
    known = {"name": name, "email": email, "phone": phone, "country": COUNTRIES[0], "delivery": quoted.method}
    to = quoted.address
    if to is not None:
        point = quoted.pickup_code or ""
        known |= {"name": to.name, "email": to.email, "phone": to.phone, "account": to.account, "point": point}
        known |= {"country": to.country or COUNTRIES[0], "city": to.city}
        known |= {} if point else {"postcode": to.postal_code, "address": to.line1}
    return {**dict.fromkeys(_MOST, ""), **known, "consent": to is not None}


def read(given: Mapping[str, str]) -> Form:
    """What was typed, without the spaces around it."""
    typed = {name: given.get(name, "").strip() for name in _MOST}
    return {**typed, "consent": given.get("consent") == "yes"}


def needed(needs_address: bool, has_points: bool) -> str:
    """Where an order goes: `nothing`, a `point` that its carrier keeps, or a `door`."""
    if not needs_address:
        return "nothing"
    return "point" if has_points else "door"


def problems(
    form: Form, needs: str, point: PickupPoint | None = None, *, needs_account: bool = False
) -> list[FormError]:
    """Everything that is wrong with the form, in the order of its fields; `point` is the one that it names."""
    required = (*_REQUIRED[needs], "account") if needs_account else _REQUIRED[needs]
    found = []
    for name, most in _MOST.items():
        text = str(form[name])
        if not text and name in required:
            found.append(FormError(name, "choose_point" if name == "point" else "required"))
        elif len(text) > most:
            found.append(FormError(name, "too_long"))
        elif text and name in _SHAPES and not _SHAPES[name].fullmatch(text):
            found.append(FormError(name, name))
        elif text and name == "country" and text not in COUNTRIES:
            found.append(FormError(name, "invalid"))
    if needs == "point" and form["point"] and point is None:
        found.append(FormError("point", "unknown_pickup_point"))
    if not form["consent"]:
        found.append(FormError("consent", "consent_required"))
    return found


def address(form: Form, needs_address: bool, point: PickupPoint | None) -> Address:
    """Where to deliver; the note for the courier travels in the street line, which every supplier prints."""
    name, email, phone, account = (str(form[field]) for field in ("name", "email", "phone", "account"))
    if not needs_address:
        return Address(name, email, phone, account=account)
    if point is not None:
        line1 = f"{point.name}, {point.address}"
        return Address(name, email, phone, point.country, point.city, point.postal_code, line1, account)
    line1 = "; ".join(str(form[field]) for field in ("address", "note") if form[field])
    country, city, postcode = (str(form[field]) for field in ("country", "city", "postcode"))
    return Address(name, email, phone, country, city, postcode, line1, account)
