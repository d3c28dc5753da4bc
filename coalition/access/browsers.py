"""The browsers a user has come in with: whoever has the password only, in a browser that is new, is asked for more.

A browser keeps a random key of its own, the row its hash. The first browser of a user is taken at its word, for there
is nothing to compare it with; from then on a row stays, so that nobody is the first one again.
"""

from __future__ import annotations

import datetime as dt

from coalition.access.clients import hash_of
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_one

LASTS = dt.timedelta(days=365)  # without use
_KNOWN = "b.key_hash = :hash AND b.forgotten_at IS NULL AND b.seen_at > :before"


def knows_browser(email: str, key: str) -> bool:
    """Whether the user with this address has come in with the browser of `key` within a year."""
    row = fetch_one(
        f"SELECT FROM known_browser b JOIN user_account u ON u.id = b.user_id WHERE u.email = :email AND {_KNOWN}",
        {"email": email.strip().lower(), **_of(key)},
    )
    return row is not None


def is_new_browser(user_id: int, key: str) -> bool:
    """Whether the user has come in before, and not with the browser of `key`."""
    row = fetch_one(
        f"SELECT count(*) > 0 AND NOT coalesce(bool_or({_KNOWN}), false) AS new FROM known_browser b"
        " WHERE b.user_id = :user",
        {"user": user_id, **_of(key)},
    )
    return bool(row and row.new)


def is_known_browser(user_id: int, key: str) -> bool:
    """Whether the user has come in with the browser of `key` within a year."""
    sql = f"SELECT FROM known_browser b WHERE b.user_id = :user AND {_KNOWN}"
    return fetch_one(sql, {"user": user_id, **_of(key)}) is not None


def remember_browser(user_id: int, key: str) -> None:
    """Know the browser of `key` again when the user comes next."""
    execute(
        "INSERT INTO known_browser (user_id, key_hash, since, seen_at) VALUES (:user, :hash, :now, :now)"
        " ON CONFLICT (user_id, key_hash) DO UPDATE SET seen_at = excluded.seen_at, forgotten_at = NULL",
        {"user": user_id, "hash": hash_of(key), "now": clock.now()},
    )


def forget_browsers(user_id: int, *, but: str = "") -> None:
    """Know none of the user's browsers again, but the one of a key."""
    execute(
        "UPDATE known_browser SET forgotten_at = :now"
        " WHERE user_id = :user AND key_hash <> :but AND forgotten_at IS NULL",
        {"now": clock.now(), "user": user_id, "but": hash_of(but)},
    )


def clear_old_browsers(limit: int) -> int:
    """Forget browsers that are known no longer, at most `limit`, but never a user's last; how many there were."""
    return execute(
        "DELETE FROM known_browser WHERE (user_id, key_hash) IN (SELECT b.user_id, b.key_hash FROM known_browser b"
        " WHERE b.seen_at < :before AND EXISTS (SELECT FROM known_browser later WHERE later.user_id = b.user_id"
        "   AND (later.seen_at, later.key_hash) > (b.seen_at, b.key_hash)) LIMIT :limit)",
        {"before": clock.now() - LASTS, "limit": limit},
    )


def _of(key: str) -> dict[str, object]:
    return {"hash": hash_of(key), "before": clock.now() - LASTS}
