"""People who sign in: creating them and finding them by whom they belong to.

Passwords are kept as Argon2id, in the form Flask-Security verifies; nothing here or elsewhere keeps a password.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from coalition.access.models import Role, UserAccount
from coalition.access.roles import ROLES, roles_for
from coalition.kernel import audit
from coalition.kernel.db import fetch_all, fetch_one, session
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

_LEAST_PASSWORD = 12
_MOST_PASSWORD = 128
_LEAST_DISTINCT = 4
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class User:
    """A person who can sign in; `owner_ref` is "member:<id>" or "partner:<id>" in a program, or "staff" of the
    installation. A partner may have many people, a member is one."""

    id: int
    email: str
    owner_ref: str
    program_id: int | None
    roles: frozenset[str]
    active: bool
    language: str = "en"


def create_user(
    email: str,
    password: str,
    roles: Iterable[str],
    owner_ref: str,
    *,
    program_id: int | None = None,
    language: str = "en",
) -> User:
    """Let a person sign in. The e-mail address is kept in lower case; an owner with a number needs its program.

    Raises Invalid for a password of less than 12 characters, an unknown role, no address or no program, and Conflict
    (`user_exists`) when the address or the member already has a user.
    """
    wanted = sorted(set(roles))
    address = email.strip().lower()
    check_user(address, password, wanted, owner_ref, program_id)
    found = session().scalars(select(Role).where(Role.name.in_(wanted))).all()
    user = UserAccount(
        email=address,
        password=hashed_password(password),
        fs_uniquifier=secrets.token_hex(32),
        owner_ref=owner_ref,
        program_id=program_id,
        language=language,
        roles=list(found),
    )
    try:
        with session().begin_nested():
            session().add(user)
    except IntegrityError as error:
        raise Conflict("user_exists", "This address or this owner can sign in already.") from error
    audit.record("user.created", f"user:{user.id}", owner=owner_ref, roles=wanted)
    return _view(user)


def user(user_id: int) -> User:
    """The user of a number. Raises NotFound."""
    found = session().get(UserAccount, user_id, populate_existing=True)
    if found is None:
        raise NotFound()
    return _view(found)


def is_password(user_id: int, password: str) -> bool:
    """Whether this is the user's password."""
    kept = fetch_one("SELECT password FROM user_account WHERE id = :id", {"id": user_id})
    if kept is None:
        return False
    try:
        return _hasher.verify(kept.password, unicodedata.normalize("NFKD", password))
    except (Argon2Error, InvalidHashError):
        return False


def user_by_owner(owner_ref: str) -> User | None:
    """The user who belongs to `owner_ref`; the oldest, where several may (staff)."""
    query = select(UserAccount).where(UserAccount.owner_ref == owner_ref).order_by(UserAccount.id).limit(1)
    user = session().scalar(query)
    return _view(user) if user else None


def actor_of(text: str) -> str:
    """The reference under which the trail knows somebody: of an e-mail address `user:<id>`; any other text as it is."""
    if "@" not in text:
        return text
    row = fetch_one("SELECT id FROM user_account WHERE email = :email", {"email": text.strip().lower()})
    return f"user:{row.id}" if row else text


def names(actors: Iterable[str]) -> dict[str, str]:
    """Whom the audit trail's actors `user:<id>` and `client:<id>` name: e-mail addresses and clients' names."""
    numbers: dict[str, list[int]] = {"user": [], "client": []}
    for kind, _, number in {actor.partition(":") for actor in actors}:
        if kind in numbers and number.isdecimal():
            numbers[kind].append(int(number))
    users = session().execute(select(UserAccount.id, UserAccount.email).where(UserAccount.id.in_(numbers["user"])))
    known = {f"user:{id}": email for id, email in users}
    clients = fetch_all("SELECT id, name FROM oauth_client WHERE id = ANY(:ids)", {"ids": numbers["client"]})
    return known | {f"client:{row.id}": row.name for row in clients}


def may_approve(actor: str, *roles: str) -> bool:
    """Whether the actor of an origin (`user:12`) is a person of the staff who may still sign in.

    With `roles` the person has one of them, or is an admin; who only audits approves nothing.
    """
    kind, _, number = actor.partition(":")
    if kind != "user" or not number.isdecimal():
        return False
    query = select(UserAccount.active).where(UserAccount.id == int(number), UserAccount.owner_ref == "staff")
    enough = Role.name.in_([*roles, "admin"]) if roles else Role.name != "auditor"
    return bool(session().scalar(query.where(UserAccount.roles.any(enough))))


def has_role(actor: str, role: str) -> bool:
    """Whether the actor of an origin (`user:12`) has this role; an admin has them all."""
    kind, _, number = actor.partition(":")
    if kind != "user" or not number.isdecimal():
        return False
    query = select(UserAccount.id).join(UserAccount.roles).where(Role.name.in_([role, "admin"]))
    return bool(session().scalar(query.where(UserAccount.id == int(number)).limit(1)))


def hashed_password(password: str) -> str:
    """The only form in which a password is kept."""
    return _hasher.hash(unicodedata.normalize("NFKD", password))


def check_user(email: str, password: str | None, roles: list[str], owner_ref: str, program_id: int | None) -> None:
    """Refuse what makes no user, with every wrong field; see `create_user`. No `password`: it is chosen later."""
    errors = []
    if "@" not in email[1:-1] or len(email) > 254 or not email.isprintable() or " " in email:
        errors.append(FieldError("/email", "invalid", "Not an e-mail address."))
    if password is not None:
        errors += check_password(password)
    if not roles or not set(roles) <= set(roles_for(owner_ref) or ROLES):
        errors.append(FieldError("/roles", "unknown_role", f"Roles are {', '.join(roles_for(owner_ref) or ROLES)}."))
    if (":" in owner_ref) != (program_id is not None):
        errors.append(
            FieldError("/program_id", "required", "An owner with a number belongs to a program; staff do not.")
        )
    if errors:
        raise Invalid("invalid", "The user cannot be created.", errors)


def check_password(password: str) -> list[FieldError]:
    """What is wrong with a new password; nothing if it may be one."""
    if not _LEAST_PASSWORD <= len(password) <= _MOST_PASSWORD or len(set(password)) < _LEAST_DISTINCT:
        detail = f"A password has {_LEAST_PASSWORD} to {_MOST_PASSWORD} characters, not always the same ones."
        return [FieldError("/password", "weak_password", detail)]
    return []


def _view(user: UserAccount) -> User:
    roles = frozenset(role.name for role in user.roles)
    return User(user.id, user.email, user.owner_ref, user.program_id, roles, user.active, user.language)
