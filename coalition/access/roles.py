"""The closed list of roles, and whose they are: staff's, a partner's people's, or a member's."""

from __future__ import annotations

STAFF_ROLES = ("admin", "finance", "marketer", "catalog", "support", "auditor")
PARTNER_ROLES = ("partner_admin", "partner", "supplier")
ROLES = (*STAFF_ROLES, *PARTNER_ROLES, "member")
_OF_KIND = {"staff": STAFF_ROLES, "partner": PARTNER_ROLES, "member": ("member",)}


def roles_for(owner_ref: str) -> tuple[str, ...]:
    """The roles that people of this owner ("staff", "partner:<id>", "member:<id>") may have; none for another."""
    return _OF_KIND.get(owner_ref.partition(":")[0], ())


def chief_role(owner_ref: str) -> str:
    """The role of which every owner keeps at least one person: who may invite others."""
    return "partner_admin" if owner_ref.startswith("partner:") else "admin"
