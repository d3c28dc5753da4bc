"""What a partner is in its program: who issues points, who takes them, who supplies rewards, whose bank it is.

A role that a partner lacks closes what it stands for: without `issuer` its purchases and events earn nothing and are
refused, without `redeemer` nobody spends points there. What was recorded or set aside before stays.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from coalition import programs
from coalition.kernel import audit
from coalition.kernel.db import session
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.partners.directory import Partner, get
from coalition.partners.models import PartnerRow

ROLES = ("issuer", "redeemer", "supplier", "co_brand")
_SENTENCES = {
    "issuer": ("not_an_issuer", "This partner does not issue points in this program."),
    "redeemer": ("not_a_redeemer", "This partner does not take points in this program."),
}


def roles_of(kind: str) -> frozenset[str]:
    """The roles with which a partner of a kind begins."""
    return frozenset(("issuer", "redeemer", "supplier") if kind == "supplier" else ("issuer", "redeemer"))


def give_roles(partner_id: int, roles: Collection[str]) -> Partner:
    """Let a partner have these roles and no others; seen by all within a second. NotFound; Invalid for an unknown role.

    Locks the program's row.
    """
    if unknown := sorted(set(roles) - set(ROLES)):
        detail = f"{unknown[0]!r} is no role of a partner."
        raise Invalid("invalid", detail, [FieldError("/roles", "invalid", detail)])
    row = session().get(PartnerRow, partner_id)
    if row is None:
        raise NotFound()
    programs.touch(row.program_id)
    was, row.roles = row.roles, sorted(roles)
    session().flush()
    audit.record("partner.roles", f"partner:{partner_id}", was=was, now=row.roles)
    return get(partner_id)


def not_in_role(partner: Partner, role: Literal["issuer", "redeemer"]) -> Conflict | None:
    """Why a partner may not issue or take points: Conflict `not_an_issuer` or `not_a_redeemer`; None if it may."""
    return None if role in partner.roles else Conflict(*_SENTENCES[role])
