"""The room that knows who may enter: people and their roles, partners' OAuth clients and their tokens.

To whom a user or a client belongs is an opaque reference (`owner_ref`, `partner_id`, `program_id`): this room never
looks behind it. Secrets and tokens are kept as hashes only.
"""

from coalition.access.clients import KINDS, Client, named_client, verify_client
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
from coalition.access.registering import (
    TEST_CLIENT,
    create_client,
    move_clients,
    rotate_secret,
    set_client_active,
    set_scopes,
)
from coalition.access.roles import PARTNER_ROLES, ROLES, STAFF_ROLES, roles_for
from coalition.access.scopes import ALL_SCOPES, MEMBER_SCOPES, SCOPES
from coalition.access.throttle import Attempt, admit, blame, clear_old_attempts, forgive, guard, pardon
from coalition.access.tokens import Token, authenticate, clear_expired_tokens, issue, issue_token, revoke
from coalition.access.users import User, create_user, has_role, may_approve, names, user_by_owner
from coalition.access.viewing import ClientView, client_view, clients_in, clients_of, token_events

__all__ = [
    "ALL_SCOPES",
    "KINDS",
    "MEMBER_SCOPES",
    "PARTNER_ROLES",
    "ROLES",
    "SCOPES",
    "STAFF_ROLES",
    "TEST_CLIENT",
    "Attempt",
    "Client",
    "ClientView",
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
    "client_view",
    "clients_in",
    "clients_of",
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
    "move_clients",
    "named_client",
    "names",
    "pardon",
    "people_of",
    "person",
    "revoke",
    "revoke_invitation",
    "roles_for",
    "rotate_secret",
    "set_client_active",
    "set_roles",
    "set_scopes",
    "switch_person",
    "token_events",
    "user_by_owner",
    "verify_client",
]
