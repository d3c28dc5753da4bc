"""Cards that are taken over from another program as a registry's lines bring them: a card a line, with its balance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coalition import members
from coalition.kernel.errors import Invalid
from coalition.ledger import AMOUNT_MAX
from coalition.members import KINDS
from coalition.purchases.fields import Fields

CARD = "card"  # the type of such a line
_FIELDS = frozenset(("type", "external_id", "kind", "value", "member_external_id", "profile", "balance"))
_TEXTS = {"first_name": 100, "last_name": 100, "email": 254, "phone": 20}
_PROFILE_FIELDS = frozenset(_TEXTS) | {"birth_date", "locale"}
_BALANCE_FIELDS = frozenset(("amount", "currency", "expires_on"))


@dataclass(frozen=True, slots=True)
class Opening:
    """The points a card brings: units of a currency, good through `expires_on` (None: as the currency says)."""

    units: int
    currency: str
    expires_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Takeover:
    """A card as sent: `external_id` is the line's own key, `member` the partner's number of its member."""

    external_id: str
    member: str
    identifier: tuple[str, str]
    profile: members.Profile
    opening: Opening | None


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A card that was taken over; `earned` are the points it brought now, in units by the id of their currency."""

    id: int
    external_id: str
    member_id: int
    earned: Mapping[int, int] = field(default_factory=dict)
    replayed: bool = False


def read_takeover(body: Mapping[str, Any]) -> Takeover:
    """The card in `body`. Raises Invalid, which names every wrong field by its JSON pointer."""
    return _Reader(body).takeover()


class _Reader(Fields):
    """A card being read."""

    __slots__ = ()

    def takeover(self) -> Takeover:
        body = self.body
        self.known(body, _FIELDS, "")
        external_id, kind = self.text(body, "external_id", 100), self.text(body, "kind", 20)
        if kind and kind not in KINDS:
            self.wrong("/kind", "invalid", f"A kind is one of: {', '.join(KINDS)}.")
        value = self.text(body, "value", 256)
        member = external_id if body.get("member_external_id") is None else self.text(body, "member_external_id", 100)
        profile, opening = self.profile(body.get("profile")), self.opening(body.get("balance"))
        self.done()
        return Takeover(external_id, member, (kind, value), profile, opening)

    def profile(self, given: Any) -> members.Profile:
        if given is None:
            return members.Profile()
        if not isinstance(given, dict):
            self.wrong("/profile", "invalid", "A profile is an object.")
            return members.Profile()
        self.known(given, _PROFILE_FIELDS, "/profile")
        texts = {name: self.optional(given, name, most, "/profile") or "" for name, most in _TEXTS.items()}
        for name in ("first_name", "last_name"):
            self.names_no_card(texts[name], f"/profile/{name}")
        locale = given.get("locale", "en")
        if locale not in ("en", "ru"):
            self.wrong("/profile/locale", "invalid", "A locale is en or ru.")
        return members.Profile(**texts, birth_date=self.day(given, "birth_date", "/profile"), locale=locale)

    def names_no_card(self, text: str, pointer: str) -> None:
        try:
            members.refuse_bank_cards(name=text)
        except Invalid as refusal:
            self.wrong(pointer, refusal.errors[0].code, refusal.errors[0].detail)

    def opening(self, given: Any) -> Opening | None:
        if given is None:
            return None
        if not isinstance(given, dict):
            self.wrong("/balance", "invalid", "A balance is an object.")
            return None
        self.known(given, _BALANCE_FIELDS, "/balance")
        units = self.integer(given, "amount", "/balance", most=AMOUNT_MAX)
        currency, ends = self.text(given, "currency", 12, "/balance"), self.day(given, "expires_on", "/balance")
        return Opening(units, currency, ends) if units else None

    def day(self, of: Mapping[str, Any], name: str, pointer: str) -> dt.date | None:
        given = of.get(name)
        if given is None:
            return None
        try:
            return dt.datetime.strptime(given, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        except (TypeError, ValueError):
            self.wrong(f"{pointer}/{name}", "invalid", "Send a day as 2026-12-31.")
            return None
