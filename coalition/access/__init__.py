"""The room that knows who may enter: people and their roles, partners' OAuth clients and their tokens.

To whom a user or a client belongs is an opaque reference (`owner_ref`, `partner_id`, `program_id`): this room never
looks behind it. Secrets and tokens are kept as hashes only.
"""

from coalition.access.clients import Client, create_client, set_client_active, verify_client
from coalition.access.models import Role, UserAccount
from coalition.access.scopes import SCOPES
from coalition.access.throttle import Attempt, admit, blame, clear_old_attempts, forgive, guard, pardon
from coalition.access.tokens import Token, authenticate, clear_expired_tokens, issue, issue_token, revoke
from coalition.access.users import ROLES, User, create_user, has_role, may_approve, names, user_by_owner

__all__ = [
    "ROLES",
    "SCOPES",
    "Attempt",
    "Client",
    "Role",
    "Token",
    "User",
    "UserAccount",
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
    "issue",
    "issue_token",
    "may_approve",
    "names",
    "pardon",
    "revoke",
    "set_client_active",
    "user_by_owner",
    "verify_client",
]
