"""Tables of partners, their legal entities and their outlets."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from coalition.kernel.db import Base

KINDS = ("operator", "retail", "fuel", "bank", "airline", "supplier", "charity", "other")
_CODE = "code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'"


class PartnerRow(Base):
    """Who takes part, and who sees what: the scope of access."""

    __tablename__ = "partner"
    __table_args__ = (
        UniqueConstraint("program_id", "code"),
        Index("partner_one_operator", "program_id", unique=True, postgresql_where="kind = 'operator'"),
        CheckConstraint(_CODE, name="code"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class LegalEntityRow(Base):
    """Who pays: the counterparty of settlement. A partner may have several."""

    __tablename__ = "legal_entity"
    __table_args__ = (
        UniqueConstraint("program_id", "code"),
        Index("legal_entity_partner", "partner_id"),
        CheckConstraint(_CODE, name="code"),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    code: Mapped[str]
    name: Mapped[str]
    country: Mapped[str]
    tax_id: Mapped[str]


class OutletRow(Base):
    """A shop, a fuel station, a site: where purchases happen, and which legal entity sells there."""

    __tablename__ = "outlet"
    __table_args__ = (
        UniqueConstraint("partner_id", "code"),
        CheckConstraint(_CODE, name="code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    legal_entity_id: Mapped[int] = mapped_column(ForeignKey("legal_entity.id"))
    code: Mapped[str]
    name: Mapped[str]
    city: Mapped[str]
    zone: Mapped[str]
    closed_at: Mapped[dt.datetime | None]
