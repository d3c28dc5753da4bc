"""The room that knows who may enter: people and their roles, partners' OAuth clients and their tokens.

To whom a user or a client belongs is an opaque reference (`owner_ref`, `partner_id`, `program_id`): this room never
looks behind it. Secrets and tokens are kept as hashes only.
"""

from coalition.access.clients import Client, create_client, set_client_active, verify_client
from coalition.access.invitations import (
    Invitation,
    accept_invitation,
    invitation_of,
    invitations,
    invite,
    revoke_invitation,
)
from coalition.access.laws import laws
from coalition.access.models import Role, UserAccount
from coalition.access.people import Person, people_of, person, set_roles, switch_person
from coalition.access.roles import PARTNER_ROLES, ROLES, STAFF_ROLES, roles_for
from coalition.access.scopes import SCOPES
from coalition.access.throttle import Attempt, admit, blame, clear_old_attempts, forgive, guard, pardon
from coalition.access.tokens import Token, authenticate, clear_expired_tokens, issue, issue_token, revoke
from coalition.access.users import User, create_user, has_role, may_approve, names, user_by_owner

__all__ = [
    "PARTNER_ROLES",
    "ROLES",
    "SCOPES",
    "STAFF_ROLES",
    "Attempt",
    "Client",
    "Invitation",
    "Person",
    "Role",
    "Token",
    "User",
    "UserAccount",
    "accept_invitation",
    "admit",
    "authenticate",
    "blame",
    "clear_expired_tokens",
    "clear_old_attempts",
    "create_client",
    "create_user",
    "forgive",
    "guard",
    "has_role",
    "invitation_of",
    "invitations",
    "invite",
    "issue",
    "issue_token",
    "laws",
    "may_approve",
    "names",
    "pardon",
    "people_of",
    "person",
    "revoke",
    "revoke_invitation",
    "roles_for",
    "set_client_active",
    "set_roles",
    "switch_person",
    "user_by_owner",
    "verify_client",
]
