"""Joining the coalition: a partner comes with at least one legal entity, and opens outlets."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from coalition.kernel import audit
from coalition.kernel.db import session
from coalition.partners.directory import LegalEntity, Outlet, Partner, entity, get
from coalition.partners.models import LegalEntityRow, OutletRow, PartnerRow
from coalition.partners.roles import roles_of


def join(program_id: int, code: str, name: str, *, kind: str) -> Partner:
    """A new partner of a program, with the roles of its kind. A program has exactly one of the kind `operator`."""
    row = PartnerRow(program_id=program_id, code=code, name=name, kind=kind, roles=sorted(roles_of(kind)))
    session().add(row)
    session().flush()
    audit.record("partner.join", f"partner:{row.id}", program_id=program_id, code=code)
    return get(row.id)


def rename(partner_id: int, name: str) -> Partner:
    """Call a partner something else; its code stays. Raises NotFound."""
    was = get(partner_id)
    session().get_one(PartnerRow, partner_id).name = name
    session().flush()
    audit.record("partner.rename", f"partner:{partner_id}", was=was.name, now=name)
    return get(partner_id)


def add_entity(partner_id: int, code: str, name: str, *, country: str, tax_id: str) -> LegalEntity:
    """A legal entity through which a partner settles."""
    program_id = get(partner_id).program_id
    row = LegalEntityRow(
        program_id=program_id, partner_id=partner_id, code=code, name=name, country=country, tax_id=tax_id
    )
    session().add(row)
    session().flush()
    audit.record("legal_entity.add", f"legal_entity:{row.id}", partner_id=partner_id, code=code)
    return entity(row.id)


def amend_entity(entity_id: int, *, name: str, country: str, tax_id: str) -> LegalEntity:
    """Write a legal entity's particulars anew; its code stays, since invoices are numbered by it. NotFound.

    Statements keep the particulars of the day on which their period was closed, and so do their invoices. Locks the
    entity's row.
    """
    was = entity(entity_id)
    row = session().get_one(LegalEntityRow, entity_id, with_for_update=True, populate_existing=True)
    before = {"name": row.name, "country": row.country, "tax_id": row.tax_id}
    now = {"name": name, "country": country, "tax_id": tax_id}
    if before == now:
        return was
    row.name, row.country, row.tax_id = name, country, tax_id
    session().flush()
    audit.record("legal_entity.amend", f"legal_entity:{entity_id}", was=before, now=now)
    return entity(entity_id)


def open_outlet(partner_id: int, entity_id: int, code: str, name: str, *, city: str, zone: str) -> Outlet:
    """An outlet of a partner at which `entity_id` sells. ZoneInfoNotFoundError for an unknown zone."""
    ZoneInfo(zone)
    if entity(entity_id).partner_id != partner_id:
        raise ValueError("an outlet's legal entity must belong to its partner")
    row = OutletRow(partner_id=partner_id, legal_entity_id=entity_id, code=code, name=name, city=city, zone=zone)
    session().add(row)
    session().flush()
    audit.record("outlet.open", f"outlet:{row.id}", partner_id=partner_id, code=code)
    return Outlet(row.id, partner_id, entity_id, code, name, city, zone)
