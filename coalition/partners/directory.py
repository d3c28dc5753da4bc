"""Finding partners, entities and outlets."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from coalition.kernel.db import session
from coalition.kernel.errors import NotFound
from coalition.partners.models import LegalEntityRow, OutletRow, PartnerRow

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Partner:
    """A participant of one program. `roles`: issuer, redeemer, supplier, co_brand (its bank); see `roles`."""

    id: int
    program_id: int
    code: str
    name: str
    kind: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """A settlement counterparty."""

    id: int
    program_id: int
    partner_id: int
    code: str
    name: str
    country: str
    tax_id: str


@dataclass(frozen=True, slots=True)
class Outlet:
    """A place of sale; `zone` is its IANA time zone. What is bought from `closed_at` on was not bought there."""

    id: int
    partner_id: int
    legal_entity_id: int
    code: str
    name: str
    city: str
    zone: str
    closed_at: dt.datetime | None = None


def get(partner_id: int) -> Partner:
    """The partner. Raises NotFound."""
    return _partner(session().get(PartnerRow, partner_id))


def by_code(program_id: int, code: str) -> Partner:
    """The partner of a program with this code. Raises NotFound."""
    query = select(PartnerRow).where(PartnerRow.program_id == program_id, PartnerRow.code == code)
    return _partner(session().scalar(query))


def list_partners(program_id: int) -> list[Partner]:
    """The partners of a program, by name."""
    query = select(PartnerRow).where(PartnerRow.program_id == program_id).order_by(PartnerRow.name).limit(_MOST)
    return [_partner(row) for row in session().scalars(query)]


def operator(program_id: int) -> Partner:
    """The partner that operates the program. Raises NotFound."""
    query = select(PartnerRow).where(PartnerRow.program_id == program_id, PartnerRow.kind == "operator")
    return _partner(session().scalar(query))


def operator_entity(program_id: int) -> LegalEntity:
    """The legal entity through which the program is operated: its operator's first. Raises NotFound."""
    query = (
        select(LegalEntityRow)
        .join(PartnerRow, PartnerRow.id == LegalEntityRow.partner_id)
        .where(PartnerRow.program_id == program_id, PartnerRow.kind == "operator")
        .order_by(LegalEntityRow.id)
    )
    return _entity(session().scalar(query.limit(1)))


def entity(entity_id: int) -> LegalEntity:
    """The legal entity. Raises NotFound."""
    return _entity(session().get(LegalEntityRow, entity_id))


def entities(program_id: int) -> list[LegalEntity]:
    """The legal entities of a program, by name."""
    query = select(LegalEntityRow).where(LegalEntityRow.program_id == program_id)
    return [_entity(row) for row in session().scalars(query.order_by(LegalEntityRow.name).limit(_MOST))]


def entities_of(partner_id: int) -> list[LegalEntity]:
    """The legal entities of a partner, the first one first."""
    query = select(LegalEntityRow).where(LegalEntityRow.partner_id == partner_id)
    return [_entity(row) for row in session().scalars(query.order_by(LegalEntityRow.id).limit(_MOST))]


def outlets(partner_id: int, codes: Iterable[str]) -> dict[str, Outlet]:
    """Those outlets of a partner that have one of `codes`, by code, in one query."""
    query = select(OutletRow).where(OutletRow.partner_id == partner_id, OutletRow.code.in_(set(codes)))
    return {row.code: _outlet(row) for row in session().scalars(query)}


def list_outlets(partner_id: int) -> list[Outlet]:
    """The outlets of a partner, by code."""
    query = select(OutletRow).where(OutletRow.partner_id == partner_id).order_by(OutletRow.code).limit(_MOST)
    return [_outlet(row) for row in session().scalars(query)]


def outlet_counts(program_id: int) -> Counter[int]:
    """How many outlets each partner of a program has, by partner."""
    query = select(OutletRow.partner_id, func.count()).join(PartnerRow, PartnerRow.id == OutletRow.partner_id)
    rows = session().execute(query.where(PartnerRow.program_id == program_id).group_by(OutletRow.partner_id))
    return Counter(dict(rows.all()))


def _partner(row: PartnerRow | None) -> Partner:
    if row is None:
        raise NotFound()
    return Partner(row.id, row.program_id, row.code, row.name, row.kind, frozenset(row.roles))


def _entity(row: LegalEntityRow | None) -> LegalEntity:
    if row is None:
        raise NotFound()
    return LegalEntity(row.id, row.program_id, row.partner_id, row.code, row.name, row.country, row.tax_id)


def _outlet(row: OutletRow) -> Outlet:
    place = (row.legal_entity_id, row.code, row.name, row.city, row.zone)
    return Outlet(row.id, row.partner_id, *place, row.closed_at)
