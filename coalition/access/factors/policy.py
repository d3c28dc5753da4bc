"""Who has a second factor, and which roles have to have one."""

from __future__ import annotations

from coalition.access.roles import ROLES
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound


def has_factor(user_id: int) -> bool:
    """Whether the user has set up a second factor, and so is asked for it at every sign-in."""
    row = fetch_one(
        "SELECT totp_confirmed_at IS NOT NULL OR EXISTS (SELECT FROM passkey p WHERE p.user_id = u.id) AS has"
        " FROM user_account u WHERE u.id = :id",
        {"id": user_id},
    )
    return bool(row and row.has)


def factor_demands() -> dict[str, bool]:
    """For each role whether its people have to have a second factor."""
    known = {row.name: row.factor_demanded for row in fetch_all("SELECT name, factor_demanded FROM role")}
    return {role: known.get(role, False) for role in ROLES if role != "member"}


def demand_factor(role: str, demanded: bool) -> None:
    """Let a role's people do nothing but set up a second factor until they have one, or let them be.

    Raises NotFound for no role of staff or partners.
    """
    if role == "member" or role not in ROLES:
        raise NotFound()
    execute("UPDATE role SET factor_demanded = :on WHERE name = :role", {"on": demanded, "role": role})
    audit.record("role.factor_demanded", f"role:{role}", demanded=demanded)
