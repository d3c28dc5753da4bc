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
from coalition.access.links import Link, clear_old_links, link_of, make_link, use_link
from coalition.access.models import Role, UserAccount
from coalition.access.people import Person, people_of, person, set_roles, sign_out, switch_person
from coalition.access.recovering import (
    ANSWER_JOB,
    answer_by_mail,
    ask_by_mail,
    ask_new_email,
    change_password,
    confirm_new_email,
    prove_password,
    reset_password,
)
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
from coalition.access.sessions import (
    Session,
    clear_old_sessions,
    end_session,
    end_sessions,
    is_due,
    note_use,
    open_session,
    renew_session,
    session_of,
    sessions_of,
)
from coalition.access.throttle import Attempt, admit, admit_guess, blame, clear_old_attempts, forgive, guard, pardon
from coalition.access.tokens import Token, authenticate, clear_expired_tokens, issue, issue_token, revoke
from coalition.access.users import User, actor_of, create_user, has_role, may_approve, names, user, user_by_owner
from coalition.access.viewing import ClientView, client_counts, client_view, clients_in, clients_of, token_events

__all__ = [
    "ALL_SCOPES",
    "ANSWER_JOB",
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
    "Link",
    "Person",
    "Role",
    "Session",
    "Token",
    "User",
    "UserAccount",
    "accept_invitation",
    "actor_of",
    "admit",
    "admit_guess",
    "answer_by_mail",
    "ask_by_mail",
    "ask_new_email",
    "authenticate",
    "blame",
    "change_password",
    "clear_expired_tokens",
    "clear_old_attempts",
    "clear_old_links",
    "clear_old_sessions",
    "client_counts",
    "client_view",
    "clients_in",
    "clients_of",
    "confirm_new_email",
    "create_client",
    "create_user",
    "end_session",
    "end_sessions",
    "forgive",
    "guard",
    "has_role",
    "invitation_of",
    "invitations",
    "invite",
    "is_due",
    "issue",
    "issue_token",
    "laws",
    "link_of",
    "make_link",
    "may_approve",
    "move_clients",
    "named_client",
    "names",
    "note_use",
    "open_session",
    "pardon",
    "people_of",
    "person",
    "prove_password",
    "renew_session",
    "reset_password",
    "revoke",
    "revoke_invitation",
    "roles_for",
    "rotate_secret",
    "session_of",
    "sessions_of",
    "set_client_active",
    "set_roles",
    "set_scopes",
    "sign_out",
    "switch_person",
    "token_events",
    "use_link",
    "user",
    "user_by_owner",
    "verify_client",
]
