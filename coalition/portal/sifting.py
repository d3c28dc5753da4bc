"""Reading the filters of a list from its address: texts, days and amounts, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
import re

from flask import request

from coalition.console import forms
from coalition.kernel import clock

_DAY = re.compile(r"(19|20)\d\d-\d\d-\d\d")
_TEXT_MAX = 256


class Filters:
    """What the address asks for; `chosen` is what was typed, by field, and `errors` say what cannot be read."""

    def __init__(self, *names: str) -> None:
        self.chosen = {name: self._text(name) for name in names}
        self.errors: forms.Errors = []

    @property
    def any(self) -> bool:
        """Whether the list is sifted at all."""
        return any(self.chosen.values())

    def day(self, name: str) -> dt.date | None:
        """The day in a field; None for an empty one and for none, which is an error."""
        text = self.chosen[name]
        try:
            day = dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
        except ValueError:
            day = None
        self._missed(name, day, "day")
        return day

    def start(self, name: str, zone: str) -> dt.datetime | None:
        """When the day in a field begins, in the program's zone."""
        day = self.day(name)
        return clock.start_of_day(day, zone) if day else None

    def end(self, name: str, zone: str) -> dt.datetime | None:
        """When the day in a field is over, in the program's zone."""
        day = self.day(name)
        return clock.end_of_last_day(day, zone) if day else None

    def amount(self, name: str, decimals: int) -> int | None:
        """The amount in a field, in minor units; None for an empty one and for none, which is an error."""
        text = self.chosen[name]
        units = forms.units(text, decimals) if text else None
        units = units if units is not None and units >= 0 else None
        self._missed(name, units, "amount")
        return units

    def _text(self, name: str) -> str:
        return "".join(char for char in request.args.get(name, "") if char.isprintable()).strip()[:_TEXT_MAX]

    def _missed(self, name: str, value: object, code: str) -> None:
        if self.chosen[name] and value is None:
            self.errors.append(forms.error(name, code))
