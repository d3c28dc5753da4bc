"""Codes of an authenticator app (RFC 6238, six digits, half a minute), each good once, and recovery codes.

The shared secret is sealed; a code is used up by raising the user's last step, so that of many that use one at once
exactly one goes on. The door counts a guess at the user's "factor" before it is looked at here, and pardons the right.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from passlib.exc import TokenError
from passlib.totp import TOTP

from coalition.access.clients import hash_of
from coalition.access.users import user
from coalition.kernel import audit, clock, sealing
from coalition.kernel.db import execute, execute_many, fetch_one
from coalition.kernel.errors import Conflict, Forbidden

CODES = 10
_WINDOW_S = 30  # either way: one step of a clock that is wrong
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class Setup:
    """What an app is given: the secret to type, and the address that its QR code holds."""

    secret: str
    uri: str


def begin_totp(user_id: int, issuer: str) -> Setup:
    """A new secret that is not used before `confirm_totp`; the one in use stays. Raises Conflict `factor_exists`."""
    fresh = TOTP.new()
    sql = "UPDATE user_account SET totp_sealed = :sealed WHERE id = :id AND totp_confirmed_at IS NULL"
    if not execute(sql, {"sealed": sealing.seal(fresh.base32_key), "id": user_id}):
        raise Conflict("factor_exists", "An app is set up already; remove it first.")
    return Setup(fresh.base32_key, str(fresh.to_uri(label=user(user_id).email, issuer=issuer)))


def pending_totp(user_id: int, issuer: str) -> Setup | None:
    """The secret that waits to be confirmed, None if none does."""
    row = fetch_one(
        "SELECT email, totp_sealed FROM user_account WHERE id = :id AND totp_confirmed_at IS NULL", {"id": user_id}
    )
    if row is None or row.totp_sealed is None:
        return None
    key = sealing.unseal(row.totp_sealed)
    return Setup(key, str(TOTP(key=key).to_uri(label=row.email, issuer=issuer)))


def confirm_totp(user_id: int, code: str) -> list[str]:
    """Use the app from now on, proven by a code of it; ten recovery codes, shown once. Forbidden `wrong_code`."""
    _use_code(user_id, code, confirmed=False)
    execute("UPDATE user_account SET totp_confirmed_at = :now WHERE id = :id", {"now": clock.now(), "id": user_id})
    audit.record("user.factor_added", f"user:{user_id}", factor="totp")
    return renew_codes(user_id)


def drop_totp(user_id: int) -> None:
    """Forget the app and its recovery codes."""
    execute(
        "UPDATE user_account SET totp_sealed = NULL, totp_confirmed_at = NULL WHERE id = :id",
        {"id": user_id},
    )
    execute("DELETE FROM recovery_code WHERE user_id = :id", {"id": user_id})
    audit.record("user.factor_removed", f"user:{user_id}", factor="totp")


def use_code(user_id: int, code: str) -> str:
    """Prove the second factor by a code of the app or by a recovery code, once; "totp" or "recovery".

    Raises Forbidden `wrong_code`.
    """
    typed = "".join(code.split()).replace("-", "").lower()
    if _CODE.fullmatch(typed):
        _use_code(user_id, typed, confirmed=True)
        return "totp"
    sql = "UPDATE recovery_code SET used_at = :now WHERE user_id = :user AND code_hash = :hash AND used_at IS NULL"
    if not execute(sql, {"now": clock.now(), "user": user_id, "hash": hash_of(typed)}):
        raise _wrong()
    audit.record("user.recovery_code_used", f"user:{user_id}")
    return "recovery"


def renew_codes(user_id: int) -> list[str]:
    """Ten new recovery codes in place of the old ones; they cannot be read again."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(CODES)]
    execute("DELETE FROM recovery_code WHERE user_id = :id", {"id": user_id})
    execute_many(
        "INSERT INTO recovery_code (user_id, code_hash) VALUES (:user, :hash)",
        [{"user": user_id, "hash": hash_of(code)} for code in codes],
    )
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


def codes_left(user_id: int) -> int:
    """How many recovery codes were not used yet."""
    row = fetch_one("SELECT count(*) AS n FROM recovery_code WHERE user_id = :id AND used_at IS NULL", {"id": user_id})
    return int(row.n) if row else 0


def _use_code(user_id: int, code: str, *, confirmed: bool) -> None:
    row = fetch_one(
        "SELECT totp_sealed, totp_step FROM user_account"
        " WHERE id = :id AND (totp_confirmed_at IS NOT NULL) = :confirmed",
        {"id": user_id, "confirmed": confirmed},
    )
    if row is None or row.totp_sealed is None or not _CODE.fullmatch(code):
        raise _wrong()
    try:
        match = TOTP(key=sealing.unseal(row.totp_sealed)).match(
            code, time=clock.now(), window=_WINDOW_S, last_counter=row.totp_step or None
        )
    except TokenError as error:
        raise _wrong() from error
    sql = "UPDATE user_account SET totp_step = :step WHERE id = :id AND totp_step < :step"
    if not execute(sql, {"step": match.counter, "id": user_id}):
        raise _wrong()


def _wrong() -> Forbidden:
    return Forbidden("wrong_code", "This code is wrong, or was used before.")
