"""Tables of programs and their currencies."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from coalition.kernel.db import Base


class ProgramRow(Base):
    """A loyalty program: its time zone, and the money in which its partners sell and settle."""

    __tablename__ = "program"
    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9-]{1,30}$'", name="code"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("currency_decimals BETWEEN 0 AND 4", name="currency_decimals"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    zone: Mapped[str]
    currency: Mapped[str]
    currency_decimals: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class CurrencyRow(Base):
    """A points currency of a program and its policy: decimals, expiry and face value."""

    __tablename__ = "currency"
    __table_args__ = (
        UniqueConstraint("program_id", "code"),
        CheckConstraint("code ~ '^[A-Z][A-Z0-9]{1,11}$'", name="code"),
        CheckConstraint("decimals BETWEEN 0 AND 4", name="decimals"),
        CheckConstraint("expiry_months IS NULL OR expiry_months BETWEEN 1 AND 120", name="expiry_months"),
        CheckConstraint("face_minor > 0", name="face_minor"),
        CheckConstraint("attribution = 'fefo'", name="attribution"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    code: Mapped[str]
    name_en: Mapped[str]
    name_ru: Mapped[str]
    decimals: Mapped[int]
    face_minor: Mapped[Decimal] = mapped_column(Numeric(12, 6))
    expiry_months: Mapped[int | None]
    attribution: Mapped[str]
