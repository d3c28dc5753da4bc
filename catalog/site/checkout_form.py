"""Reading the order form: what was typed, what is wrong with it, and the address that follows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.ports import Address

COUNTRIES = ("LV", "LT", "EE")
_MOST = {
    "name": 120,
    "email": 254,
    "phone": 32,
    "country": 2,
    "city": 80,
    "postcode": 16,
    "address": 200,
    "note": 300,
    "delivery": 40,
    "pay": 20,
    "pay_points": 20,
}
_ALWAYS = ("name", "email")
_CARRIED = ("phone", "country", "city", "postcode", "address")
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


def blank(name: str = "", email: str = "", phone: str = "") -> dict[str, str | bool]:
    """The form as it is first shown, with what we know of the member."""
    known = {"name": name, "email": email, "phone": phone, "country": COUNTRIES[0]}
    return {**dict.fromkeys(_MOST, ""), **known, "consent": False}


def read(given: Mapping[str, str]) -> dict[str, str | bool]:
    """What was typed, without the spaces around it."""
    typed = {name: given.get(name, "").strip() for name in _MOST}
    return {**typed, "consent": given.get("consent") == "yes"}


def problems(form: Mapping[str, str | bool], needs_address: bool) -> list[FormError]:
    """Everything that is wrong with the form, in the order of its fields."""
    required = _ALWAYS + (_CARRIED if needs_address else ())
    found = []
    for name, most in _MOST.items():
        text = str(form[name])
        if not text and name in required:
            found.append(FormError(name, "required"))
        elif len(text) > most:
            found.append(FormError(name, "too_long"))
        elif text and name in _SHAPES and not _SHAPES[name].fullmatch(text):
            found.append(FormError(name, name))
        elif text and name == "country" and text not in COUNTRIES:
            found.append(FormError(name, "invalid"))
    if not form["consent"]:
        found.append(FormError("consent", "consent_required"))
    return found


def address(form: Mapping[str, str | bool], needs_address: bool) -> Address:
    """Where to deliver; the note for the courier travels in the street line, which every supplier prints."""
    name, email, phone = (str(form[field]) for field in ("name", "email", "phone"))
    if not needs_address:
        return Address(name, email, phone)
    line1 = "; ".join(str(form[field]) for field in ("address", "note") if form[field])
    country, city, postcode = (str(form[field]) for field in ("country", "city", "postcode"))
    return Address(name, email, phone, country, city, postcode, line1)
