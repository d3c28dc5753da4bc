"""How things are called: numbers, money, days and values, in the language of the reader.

`Names` is what a program knows (its partners, tiers, currencies); `Voice` writes with it in one language. Neither
fails: a value that nobody has named is written as it stands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from coalition.kernel.money import format_minor
from coalition.promotions.wording.calendar import BUILT_IN, months_of
from coalition.promotions.wording.fields import Field

Pair = tuple[str, str]
_NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence; what a marketer has chosen is strong."""

    text: str
    strong: bool = False


Pieces = list[Piece]


@dataclass(frozen=True, slots=True)
class Names:
    """What a program calls its things: (English, Russian) by source and value, and its currencies with decimals."""

    money: str = ""
    money_decimals: int = 2
    zone: str = "UTC"
    currencies: Mapping[str, tuple[str, str, int]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Pair]] = field(default_factory=dict)

    def listed(self, source: str) -> Mapping[str, Pair]:
        """The values of a source with their names."""
        return BUILT_IN.get(source) or self.values.get(source) or {}


@dataclass(frozen=True, slots=True)
class Voice:
    """One language, with a program's names."""

    names: Names
    language: str = "en"

    def t(self, en: str, ru: str) -> str:
        """The words of the language."""
        return ru if self.language == "ru" else en

    def named(self, source: str, value: Any) -> str:
        """What a value of a source is called; itself, if nobody has named it."""
        pair = self.names.listed(source).get(str(value))
        return self.t(*pair) if pair else text(value)

    def number(self, value: Any, decimals: int = 0) -> str:
        """A number with its thousands apart: 1,000.50, in Russian 1 000,50."""
        if type(value) is not int:
            return text(value)
        whole, _, part = format_minor(value, decimals).partition(".")
        digits = whole.lstrip("-")
        groups = [digits[max(at - 3, 0) : at] for at in range(len(digits), 0, -3)][::-1]
        grouped = whole[: len(whole) - len(digits)] + self.t(",", _NBSP).join(groups)
        return grouped + (self.t(".", ",") + part if part else "")

    def short(self, value: Any, decimals: int) -> str:
        """A number without the zeros behind its point: 1.25, 2."""
        if type(value) is not int:
            return text(value)
        whole = self.number(value, decimals)
        return whole.rstrip("0").rstrip(".,") if decimals else whole

    def money(self, minor: Any) -> str:
        """An amount of the program's money."""
        return f"{self.number(minor, self.names.money_decimals)}{_NBSP}{self.names.money}".strip()

    def percent(self, bp: Any) -> str:
        """A share of ten-thousandths: 1250 is 12.5%."""
        return self.short(bp, 2) + self.t("%", f"{_NBSP}%")

    def quantity(self, thousandths: Any) -> str:
        """A quantity of thousandths."""
        return self.short(thousandths, 3)

    def points(self, code: Any, units: Any) -> str:
        """Points with their name: 500 bonuses; in Russian the name comes first, so that it need not be declined."""
        known = self.names.currencies.get(str(code))
        name, decimals = (self.t(known[0], known[1]), known[2]) if known else (text(code), 0)
        amount = self.short(units, decimals)
        return self.t(f"{amount} {name}", f"{name}: {amount}")

    def most(self, code: Any, units: Any) -> str:
        """Points as a limit tells them: 500 bonuses, 500 (бонусы)."""
        known = self.names.currencies.get(str(code))
        amount = self.short(units, known[2] if known else 0)
        return f"{amount} {self.t(self.currency(code), f'({self.currency(code)})')}"

    def times(self, number: Any) -> str:
        """How often: once, 5 times; 1 раз, 2 раза."""
        if type(number) is not int:
            return text(number)
        count = self.number(number)
        en = "once" if number == 1 else f"{count} times"
        return self.t(en, f"{count} {plural(number, 'раз', 'раза', 'раз')}")

    def currency(self, code: Any) -> str:
        """A points currency's name."""
        known = self.names.currencies.get(str(code))
        return self.t(known[0], known[1]) if known else text(code)

    def value(self, about: Field | None, value: Any) -> str:
        """A value of a field as it is read."""
        if isinstance(value, bool):
            return self.t("yes", "да") if value else self.t("no", "нет")
        if about and about.source:
            return self.named(about.source, value)
        unit = about.unit if about else ""
        if unit == "date":
            return self.day(value)
        if unit == "clock" and type(value) is int:
            return f"{value // 60:02}:{value % 60:02}"
        if unit == "plain":
            return text(value)
        return {"money": self.money, "quantity": self.quantity, "percent": self.percent}.get(unit, self.number)(value)

    def day(self, value: Any) -> str:
        """A day, of a number like 20261231."""
        given = str(value)
        try:
            found = dt.date(int(given[:-4]), int(given[-4:-2]), int(given[-2:]))
        except (ValueError, OverflowError):
            return given
        return f"{found.day} {months_of(self.language)[found.month - 1]} {found.year}"

    def moment(self, given: Any) -> str:
        """An instant in the program's zone; midnight is only a day."""
        try:
            at = dt.datetime.fromisoformat(str(given))
            local = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(ZoneInfo(self.names.zone))
        except (ValueError, OverflowError):
            return text(given)
        day = self.day(int(f"{local:%Y%m%d}"))
        return day if (local.hour, local.minute) == (0, 0) else f"{day}, {local:%H:%M}"

    def last(self, given: Any) -> str:
        """Until when, with its last day or minute: what ends at midnight ends with the day before."""
        try:
            at = dt.datetime.fromisoformat(str(given))
            local = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(ZoneInfo(self.names.zone))
            before = local - dt.timedelta(minutes=1)
        except (ValueError, OverflowError):
            return text(given)
        whole = (local.hour, local.minute) == (0, 0)
        return self.day(int(f"{before:%Y%m%d}")) if whole else self.moment(given)

    def days(self, number: Any) -> str:
        """So many days, in words."""
        if type(number) is not int:
            return text(number)
        if self.language != "ru":
            return f"{self.number(number)} day{'' if number == 1 else 's'}"
        return f"{self.number(number)} {plural(number, 'день', 'дня', 'дней')}"

    def either(self, words: Iterable[str], joint: Pair = ("or", "или")) -> str:
        """Several words: a, b or c. Long lists are cut."""
        given: Sequence[str] = list(words)
        if len(given) > _SHOWN:
            more = len(given) - _SHOWN
            return ", ".join(given[:_SHOWN]) + self.t(f" and {more} more", f" и ещё {more}")
        return f" {self.t(*joint)} ".join([", ".join(given[:-1]), given[-1]] if len(given) > 1 else given)


def text(value: Any) -> str:
    """Anything as words; nothing is a dash."""
    if isinstance(value, list | tuple):
        return ", ".join(text(one) for one in value[:_SHOWN])
    return "—" if value is None or value == "" else str(value)[:_LONG]


def plural(number: int, one: str, few: str, many: str) -> str:
    """The Russian form of a word after a number."""
    last, teens = abs(number) % 10, abs(number) % 100
    if last == 1 and teens != 11:
        return one
    return few if 2 <= last <= 4 and not 12 <= teens <= 14 else many


def strong(words: str) -> Piece:
    """What a marketer has chosen."""
    return Piece(words, strong=True)


def said(pieces: Iterable[Piece]) -> str:
    """Pieces as one text."""
    return "".join(piece.text for piece in pieces)


_SHOWN, _LONG = 8, 120
