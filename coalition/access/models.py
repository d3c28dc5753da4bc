"""The tables of people, in the shape Flask-Security reads. They are written through `users` only."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, SmallInteger, Table, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coalition.kernel.absent import absent
from coalition.kernel.db import Base

# It would sign in by other sites and by passkeys of its own; we do neither, and both take half of its loading.
with absent("authlib.integrations.flask_client", "authlib.integrations.base_client", "webauthn"):
    from flask_security.core import RoleMixin, UserMixin

_OF_A_MEMBER = text("owner_ref LIKE 'member:%'")
user_role = Table(
    "user_role",
    Base.metadata,
    Column("user_id", ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)


class Role(Base, RoleMixin):
    """A kind of person; what each may do is decided at the doors."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # type: ignore[assignment]
    name: Mapped[str] = mapped_column(unique=True)  # type: ignore[assignment]
    factor_demanded: Mapped[bool] = mapped_column(server_default="false")


class UserAccount(Base, UserMixin):
    """Somebody who can sign in. A new `fs_uniquifier` ends every session that the user has."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("email = lower(email) AND email LIKE '%_@_%'", name="email"),
        CheckConstraint("owner_ref <> '' AND (owner_ref LIKE '%:%') = (program_id IS NOT NULL)", name="owner"),
        Index("uq_user_account_email", text("lower(email)"), unique=True),
        Index("uq_user_account_owner_ref", "owner_ref", unique=True, postgresql_where=_OF_A_MEMBER),
        Index("user_account_partner", "owner_ref", postgresql_where=text("owner_ref LIKE 'partner:%'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)  # type: ignore[assignment]
    email: Mapped[str]  # type: ignore[assignment]
    password: Mapped[str]  # type: ignore[assignment]
    active: Mapped[bool] = mapped_column(default=True)  # type: ignore[assignment]
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)  # type: ignore[assignment]
    owner_ref: Mapped[str]
    program_id: Mapped[int | None]
    language: Mapped[str] = mapped_column(server_default="en")
    totp_confirmed_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    roles: Mapped[list[Role]] = relationship(secondary=user_role)  # type: ignore[assignment]
