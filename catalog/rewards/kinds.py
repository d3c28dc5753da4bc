"""What each kind of reward means for ordering and pricing it: one table, read by whoever has to know. Pure.

`kind` is the kind of the shelf on which a reward lies. Whether a single reward is carried to a place or sent by
e-mail is its offer's `electronic`; a kind only says which of the two it may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of reward is got and what comes of it.

    `protocol`: the language its supplier speaks (`goods`, `giftcode`, `flight`, `event`), `foreign` for another
    program's points, `none` where nobody has to be asked. `address`: whether it is carried to a place; `account`: the
    member names one in a foreign program; `people`: the names of those who travel or attend are needed; `holds`: the
    supplier sets it aside first, for a time; `artefact`: what the member is handed (`code`, `e_ticket`), if anything;
    `returnable`: whether it may come back; `by_amount`: the member says how much, instead of how many.
    """

    code: str
    protocol: str
    address: bool = False
    account: bool = False
    people: bool = False
    holds: bool = False
    artefact: str | None = None
    returnable: bool = False
    by_amount: bool = False


KINDS: Mapping[str, Kind] = {
    one.code: one
    for one in (
        Kind("goods", "goods", address=True, returnable=True),
        Kind("gift_card", "giftcode", artefact="code"),
        Kind("flight", "flight", people=True, holds=True, artefact="e_ticket"),
        Kind("event", "event", people=True, holds=True, artefact="e_ticket"),
        Kind("partner_points", "foreign", account=True, by_amount=True),
        Kind("donation", "none", by_amount=True),
    )
}


def kind_of(code: str) -> Kind:
    """What a kind means. Raises KeyError for what is none."""
    return KINDS[code]
