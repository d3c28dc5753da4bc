"""Keeping a partner's outlets: listing them, opening, changing, closing. Another partner's outlet is NotFound.

A closed outlet stays known, because its receipts do: tills that were offline deliver what they sold before, and returns
of it come in for months. Closing says that nothing is sold there any more; it is undone by opening again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coalition.kernel import audit, clock
from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.partners.directory import entities_of
from coalition.partners.places.card import Card, Wrong, read
from coalition.partners.places.hours import Span

_SELECT = """
    SELECT o.id, o.code, o.name, e.code AS entity, o.city, o.zone, o.address, o.lat, o.lon, o.week, o.special,
           o.closed_at
      FROM outlet o JOIN legal_entity e ON e.id = o.legal_entity_id"""
_VALUES = """
    name = :name, legal_entity_id = :entity, city = :city, zone = :zone, address = :address, lat = :lat, lon = :lon,
    week = CAST(:week AS jsonb), special = CAST(:special AS jsonb)"""


@dataclass(frozen=True, slots=True)
class Kept:
    """An outlet as it stands: its card, and since when it is closed, if it is."""

    id: int
    card: Card
    closed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which outlets: whose code, name, city or address holds `text`; `state` is open, closed or "" for both."""

    partner_id: int
    text: str = ""
    state: str = ""


def kept(wanted: Wanted, cursor: str | None, limit: int) -> Page[Kept]:
    """A partner's outlets by code. Raises Invalid for a cursor that is not ours."""
    (after,) = decode_cursor(cursor, str) or ("",)
    rows = fetch_all(
        f"{_SELECT} WHERE o.partner_id = :partner AND o.code > :after AND (:state = '' OR (:state = 'closed')"
        " = (o.closed_at IS NOT NULL)) AND (:text = '' OR strpos(lower(concat_ws(' ', o.code, o.name, o.city,"
        " o.address)), lower(:text)) > 0) ORDER BY o.code LIMIT :limit",
        {
            "partner": wanted.partner_id,
            "after": after,
            "state": wanted.state,
            "text": wanted.text,
            "limit": limit + 1,
        },
    )
    found = [_kept(row) for row in rows]
    return Page(found[:limit], encode_cursor(found[limit - 1].card.code) if len(found) > limit else None)


def all_kept(partner_id: int, codes: Sequence[str]) -> dict[str, Kept]:
    """Those outlets of a partner that have one of `codes`, by code."""
    rows = fetch_all(
        f"{_SELECT} WHERE o.partner_id = :partner AND o.code = ANY(:codes)",
        {"partner": partner_id, "codes": list(codes)},
    )
    return {row.code: _kept(row) for row in rows}


def one_kept(partner_id: int, code: str) -> Kept:
    """One outlet of a partner. Raises NotFound, for another's too."""
    row = fetch_one(
        f"{_SELECT} WHERE o.partner_id = :partner AND o.code = :code", {"partner": partner_id, "code": code}
    )
    if row is None:
        raise NotFound()
    return _kept(row)


def read_card(partner_id: int, texts: Mapping[str, str]) -> Card:
    """The card that these texts mean for a partner. Raises Invalid with everything that is wrong."""
    card, wrong = read(texts, {one.code: one for one in entities_of(partner_id)})
    if card is None:
        raise Invalid("invalid", "The outlet cannot be kept so.", [_field(one) for one in wrong])
    return card


def add(partner_id: int, card: Card) -> None:
    """Open an outlet. Raises Conflict `outlet_exists` for a code that the partner has used."""
    row = fetch_one(
        "INSERT INTO outlet (partner_id, code, name, legal_entity_id, city, zone, address, lat, lon, week, special)"
        " VALUES (:partner, :code, :name, :entity, :city, :zone, :address, :lat, :lon, CAST(:week AS jsonb),"
        " CAST(:special AS jsonb)) ON CONFLICT (partner_id, code) DO NOTHING RETURNING id",
        _values(partner_id, card),
    )
    if row is None:
        raise Conflict("outlet_exists", "There is an outlet of this code already.")
    audit.record("outlet.open", f"outlet:{row.id}", partner_id=partner_id, code=card.code)


def change(partner_id: int, card: Card) -> None:
    """Keep the outlet of this code as the card says. Raises NotFound, for another partner's too."""
    row = fetch_one(
        f"UPDATE outlet SET {_VALUES} WHERE partner_id = :partner AND code = :code RETURNING id",
        _values(partner_id, card),
    )
    if row is None:
        raise NotFound()
    audit.record("outlet.changed", f"outlet:{row.id}", partner_id=partner_id, code=card.code)


def close(partner_id: int, code: str) -> None:
    """Nothing is sold at this outlet any more; a second time changes nothing. Raises NotFound."""
    _switch(partner_id, code, "closed_at = :now", "closed_at IS NULL", "outlet.closed")


def reopen(partner_id: int, code: str) -> None:
    """The outlet sells again; a second time changes nothing. Raises NotFound."""
    _switch(partner_id, code, "closed_at = NULL", "closed_at IS NOT NULL", "outlet.reopened")


def _switch(partner_id: int, code: str, what: str, only: str, deed: str) -> None:
    found = one_kept(partner_id, code)
    if execute(f"UPDATE outlet SET {what} WHERE id = :id AND {only}", {"id": found.id, "now": clock.now()}):
        audit.record(deed, f"outlet:{found.id}", partner_id=partner_id, code=code)


def _values(partner_id: int, card: Card) -> dict[str, object]:
    entity = next(one.id for one in entities_of(partner_id) if one.code == card.entity)
    told = {name: getattr(card, name) for name in ("code", "name", "city", "zone", "address", "lat", "lon")}
    special = {on.isoformat(): spans for on, spans in card.special.items()}
    lists = {"week": json.dumps(card.week), "special": json.dumps(special)}
    return told | lists | {"partner": partner_id, "entity": entity}


def _kept(row: AnyRow) -> Kept:
    special = {dt.date.fromisoformat(on): _spans(spans) for on, spans in row.special.items()}
    told = {name: getattr(row, name) for name in ("code", "name", "entity", "city", "zone", "address", "lat", "lon")}
    return Kept(row.id, Card(**told, week=_spans(row.week), special=special), row.closed_at)


def _spans(found: Sequence[Sequence[int]]) -> tuple[Span, ...]:
    return tuple((start, end) for start, end in found)


def _field(one: Wrong) -> FieldError:
    return FieldError(f"/{one.column}", one.code, one.value)
