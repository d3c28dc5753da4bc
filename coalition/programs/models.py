"""Tables of programs and their currencies; promo accounts, rates and pilot members are written in SQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from coalition.kernel.db import Base


class ProgramRow(Base):
    """A loyalty program: its time zone, its money, its life cycle and the policies of all its currencies.

    The conditions of its columns stand in the migrations 0004 and 0011.
    """

    __tablename__ = "program"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    zone: Mapped[str]
    currency: Mapped[str]
    currency_decimals: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    state: Mapped[str] = mapped_column(server_default="draft")
    sunset_ends_on: Mapped[dt.date | None]
    proof_policy: Mapped[str] = mapped_column(server_default="none")
    accept_late_days: Mapped[int | None]
    return_policy: Mapped[str] = mapped_column(server_default="within_balance")
    restore_grace_days: Mapped[int] = mapped_column(server_default="30")
    adjustment_limit: Mapped[int] = mapped_column(server_default="10000")
    confirm_from_minor: Mapped[int] = mapped_column(server_default="10000")
    family_max: Mapped[int] = mapped_column(server_default="6")
    halted_at: Mapped[dt.datetime | None]
    halt_reason: Mapped[str | None]
    kind: Mapped[str] = mapped_column(server_default="coalition")
    version: Mapped[int] = mapped_column(server_default=func.nextval("policy_version"))


class CurrencyRow(Base):
    """A points currency of a program and its policies."""

    __tablename__ = "currency"
    __table_args__ = (UniqueConstraint("program_id", "code"), CheckConstraint("face_minor > 0", name="face_minor"))

    id: Mapped[int] = mapped_column(primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    code: Mapped[str]
    name_en: Mapped[str]
    name_ru: Mapped[str]
    decimals: Mapped[int]
    face_minor: Mapped[Decimal] = mapped_column(Numeric(12, 6))
    attribution: Mapped[str] = mapped_column(server_default="fefo")
    kind: Mapped[str] = mapped_column(server_default="bonus")
    spendable: Mapped[bool] = mapped_column(server_default="true")
    transferable: Mapped[bool] = mapped_column(server_default="true")
    expiry: Mapped[str] = mapped_column(server_default="never")
    expiry_n: Mapped[int | None]
    activation_days: Mapped[int] = mapped_column(server_default="0")
    activation_event: Mapped[str | None]
    debt_floor: Mapped[int] = mapped_column(server_default="0")
    spend_min: Mapped[int] = mapped_column(server_default="0")
    spend_step: Mapped[int] = mapped_column(server_default="1")
    spend_share_bp: Mapped[int] = mapped_column(server_default="10000")
    spend_day_max: Mapped[int | None]
    spend_group_bp: Mapped[dict[str, int]] = mapped_column(JSONB, server_default="{}")
