"""Passkeys (WebAuthn): a key that a device keeps for our name alone, and that proves its holder to the device.

A challenge is a row, taken out by whoever answers it; so an answer counts once. Keys are asked for with the holder's
verification, which makes one both factors.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
from dataclasses import dataclass

from coalition.access.users import user
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, Forbidden, NotFound

MOST = 10
_CHALLENGE_LASTS = dt.timedelta(minutes=5)
_BODY_MAX = 20_000
_TRANSPORT = re.compile(r"[a-z-]{2,20}")


@dataclass(frozen=True, slots=True)
class Site:
    """For whom a passkey is good: our host (`rp_id`), the address of our pages (`origin`), and our name."""

    rp_id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of a user, by the name they gave it."""

    id: int
    name: str
    created_at: dt.datetime
    used_at: dt.datetime | None


def begin_passkey(user_id: int, site: Site) -> str:
    """What the browser needs to make a passkey, as JSON. Raises Conflict `too_many_passkeys` beyond ten."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    known = fetch_all("SELECT credential_id FROM passkey WHERE user_id = :id", {"id": user_id})
    if len(known) >= MOST:
        raise _too_many()
    row = fetch_one("SELECT email, passkey_handle FROM user_account WHERE id = :id", {"id": user_id})
    assert row is not None
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name=site.name,
        user_name=row.email,
        user_id=bytes(row.passkey_handle),
        challenge=_challenge(user_id),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(one.credential_id)) for one in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return str(options_to_json(options))


def add_passkey(user_id: int, site: Site, answer: str, name: str) -> None:
    """Keep the passkey that the browser has made; locks the user, since two may be made at once.

    Raises Forbidden `bad_passkey` for an answer that proves nothing, Conflict `too_many_passkeys` beyond ten.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _taken(answer, user_id)
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
        transports = json.loads(answer).get("response", {}).get("transports") or []
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _bad() from error
    execute("SELECT FROM user_account WHERE id = :id FOR UPDATE", {"id": user_id})
    if len(passkeys_of(user_id)) >= MOST:
        raise _too_many()
    kept = execute(
        "INSERT INTO passkey (user_id, credential_id, public_key, sign_count, transports, name, created_at)"
        " VALUES (:user, :credential, :key, :count, :transports, :name, :now) ON CONFLICT DO NOTHING",
        {
            "user": user_id,
            "credential": made.credential_id,
            "key": made.credential_public_key,
            "count": made.sign_count,
            "transports": [one for one in transports if isinstance(one, str) and _TRANSPORT.fullmatch(one)][:8],
            "name": " ".join(name.split())[:60] or "Passkey",
            "now": clock.now(),
        },
    )
    if not kept:
        raise _bad()
    audit.record("user.factor_added", f"user:{user_id}", factor="passkey")


def ask_passkey(site: Site) -> str:
    """What the browser needs to answer with any passkey it has of ours, as JSON; tells nothing of any user."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=site.rp_id, challenge=_challenge(None), user_verification=UserVerificationRequirement.REQUIRED
    )
    return str(options_to_json(options))


def prove_passkey(site: Site, answer: str) -> int:
    """Whom this answer proves to be there: an active user's number. Raises Forbidden `bad_passkey` for nobody."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _taken(answer, None)
    row = fetch_one(
        "SELECT p.id, p.user_id, p.public_key, p.sign_count FROM passkey p JOIN user_account u ON u.id = p.user_id"
        " WHERE p.credential_id = :id AND u.active FOR UPDATE OF p",
        {"id": _credential_id(answer)},
    )
    if row is None:
        raise _bad()
    try:
        proven = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _bad() from error
    execute(
        "UPDATE passkey SET sign_count = :count, used_at = :now WHERE id = :id",
        {"count": proven.new_sign_count, "now": clock.now(), "id": row.id},
    )
    return int(row.user_id)


def passkeys_of(user_id: int) -> list[Passkey]:
    """The user's passkeys, oldest first; at most ten."""
    rows = fetch_all(
        "SELECT id, name, created_at, used_at FROM passkey WHERE user_id = :id ORDER BY id LIMIT :most",
        {"id": user_id, "most": MOST},
    )
    return [Passkey(**row._mapping) for row in rows]


def drop_passkey(user_id: int, passkey_id: int) -> None:
    """Forget a passkey of the user. Raises NotFound."""
    if not execute("DELETE FROM passkey WHERE id = :id AND user_id = :user", {"id": passkey_id, "user": user_id}):
        raise NotFound()
    audit.record("user.factor_removed", f"user:{user_id}", factor="passkey", email=user(user_id).email)


def clear_old_challenges(limit: int) -> int:
    """Forget challenges that nobody answered, at most `limit`; how many there were."""
    return execute(
        "DELETE FROM passkey_challenge WHERE challenge IN"
        " (SELECT challenge FROM passkey_challenge WHERE expires_at < :now LIMIT :limit)",
        {"now": clock.now(), "limit": limit},
    )


def _challenge(user_id: int | None) -> bytes:
    challenge = secrets.token_bytes(32)
    execute(
        "INSERT INTO passkey_challenge (challenge, user_id, expires_at) VALUES (:challenge, :user, :expires)",
        {"challenge": challenge, "user": user_id, "expires": clock.now() + _CHALLENGE_LASTS},
    )
    return challenge


def _taken(answer: str, user_id: int | None) -> bytes:
    """The challenge that an answer names, taken out so that no second answer can. Raises Forbidden `bad_passkey`."""
    from webauthn.helpers import base64url_to_bytes

    try:
        client = json.loads(base64url_to_bytes(json.loads(answer[:_BODY_MAX])["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(client["challenge"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _bad() from error
    row = fetch_one(
        "DELETE FROM passkey_challenge WHERE challenge = :challenge AND user_id IS NOT DISTINCT FROM :user"
        " AND expires_at > :now RETURNING challenge",
        {"challenge": challenge, "user": user_id, "now": clock.now()},
    )
    if row is None:
        raise _bad()
    return bytes(row.challenge)


def _credential_id(answer: str) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    try:
        return base64url_to_bytes(json.loads(answer)["rawId"])
    except (ValueError, KeyError, TypeError) as error:
        raise _bad() from error


def _too_many() -> Conflict:
    return Conflict("too_many_passkeys", f"At most {MOST} passkeys; remove one first.")


def _bad() -> Forbidden:
    return Forbidden("bad_passkey", "This passkey does not prove who you are here.")
