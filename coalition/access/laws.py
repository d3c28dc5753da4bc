"""What must always hold of people and their sessions."""

from __future__ import annotations

from coalition.access.roles import PARTNER_ROLES, STAFF_ROLES
from coalition.kernel.laws import Law

_ALLOWED = (
    f"(u.owner_ref = 'staff' AND r.name IN {STAFF_ROLES} OR u.owner_ref LIKE 'partner:%' AND r.name IN {PARTNER_ROLES}"
    " OR u.owner_ref LIKE 'member:%' AND r.name = 'member')"
)


def laws() -> list[Law]:
    """The laws of this room that are about people."""
    return [
        Law(
            "PE2",
            "nobody has a role that is not for the people of their owner",
            "SELECT u.id FROM user_account u JOIN user_role ur ON ur.user_id = u.id JOIN role r ON r.id = ur.role_id"
            f" WHERE NOT {_ALLOWED}",
        ),
        Law(
            "PE3",
            "whoever is switched off has no living session",
            "SELECT s.id FROM user_session s JOIN user_account u ON u.id = s.user_id"
            " WHERE NOT u.active AND s.ended_at IS NULL AND s.ends_at > now()",
        ),
        Law(
            "PE4",
            "a second factor that is proven by a device has a way back: recovery codes were given out",
            "SELECT u.id FROM user_account u WHERE u.totp_confirmed_at IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM recovery_code c WHERE c.user_id = u.id)",
        ),
    ]
