"""The brake on guessing: failed sign-ins are counted per account, per address and altogether, then wait ever longer.

An attempt is counted as failed before the password is looked at and forgiven when it was right, so that a hundred
attempts at once are counted as a hundred. Keys are hashes: what people type into the wrong field is not kept.
A browser that the account has come in with before is counted by itself, so that nobody is kept out of their own
account by somebody else's guessing (OWASP: device cookies). All others, of all accounts, are counted together, too;
that count keeps nobody out, for then a stranger could shut the door for everybody, but it takes free failures away.
Other rooms brake guesses at their own secrets with `guard`, `blame` and `pardon`: there a guess is one of many
millions, and it is counted once it proved wrong, in a transaction of its own, because the one it was made in is undone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Any

from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import TooMany

_FREE = {
    "account": 5,
    "address": 10,
    "proof": 5,
    "invitation": 5,
    "password": 5,
    "factor": 5,
    "mailbox": 4,
    "letter": 5,
    "mailer": 15,
    "card": 5,
    "browser": 5,
}  # failures before the first wait; many people may share an address
_ALARM = 1000  # failures of all new browsers within an hour, from which on fewer are free
_FREE_THEN = 2  # of an account and of an address
_UNBOUND = 2**31 - 1
_FIRST_WAIT_S = {"address": 60}
_WAIT_S = 15  # the first one of all other kinds
_DOUBLINGS = 6  # the longest wait is 15 * 2^6 s = 16 minutes; of an address an hour and its count is over
_HOUR_S = 3600
_HOUSEHOLD = 64  # bits of an IPv6 address that are one customer's; the rest of it they choose as they like
_QUIET = dt.timedelta(hours=1)  # after which the count starts again

# One conditional statement: it counts the attempt, or touches nothing while the key is blocked. A key that is free was
# blocked until long ago, not until now: an attempt that had to wait for another one would take that for its future.
_COUNT = f"""
    INSERT INTO sign_in_throttle AS t (key, attempts, last_at, blocked_until) VALUES (:key, 1, :now, :forgotten)
    ON CONFLICT (key) DO UPDATE SET
        attempts = CASE WHEN t.last_at < :forgotten THEN 1 ELSE t.attempts + 1 END,
        last_at = :now,
        blocked_until = CASE WHEN t.last_at < :forgotten OR t.attempts + 1 < :free THEN :forgotten
            ELSE :now + make_interval(secs => :wait_s * 2 ^ least(t.attempts + 1 - :free, {_DOUBLINGS})) END
    WHERE t.blocked_until <= :now
    RETURNING attempts"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in attempt that was let through, so that it can be forgiven."""

    own_key: str
    shared_keys: tuple[str, ...]


def admit(account: str, address: str, *, browser: str = "") -> Attempt:
    """Count a sign-in attempt for an account (as typed) from an address, before the password is looked at.

    `browser` is the key of one that the account knows, and counted alone; empty for all others. What many share is
    counted by the hour. Raises TooMany with `retry_after_s` while the account (or its browser) or the address has to
    wait; then nothing is counted.
    """
    whose, most = account.strip().lower(), _UNBOUND
    hour = int(clock.now().timestamp()) // _HOUR_S
    if browser:
        attempt = Attempt(_key("browser", f"{whose} {browser}"), ())
    else:
        everybody = _key("everybody", str(hour))
        attempt = Attempt(_key("account", whose), (_key("address", f"{network(address)} {hour}"), everybody))
        most = _most(everybody)
    for key in sorted((attempt.own_key, *attempt.shared_keys)):
        _count(key, most)
    return attempt


def forgive(attempt: Attempt) -> None:
    """The password was right: forget the account's failures, and take this attempt off the counts it shares.

    Keys are locked in the order of `admit`, so that nobody waits in a circle.
    """
    own, shared = (
        "DELETE FROM sign_in_throttle WHERE key = :key",
        ("UPDATE sign_in_throttle SET attempts = greatest(attempts - 1, 0), blocked_until = :past WHERE key = :key"),
    )
    for key in sorted((attempt.own_key, *attempt.shared_keys)):
        execute(own if key == attempt.own_key else shared, {"key": key, "past": clock.now() - _QUIET})


def network(address: str) -> str:
    """What a network address is counted as: an IPv6 address stands for all that one customer is given."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, _HOUSEHOLD), strict=False))


def guard(kind: str, subject: str) -> None:
    """Let a guess at a secret of `subject` through. Raises TooMany with `retry_after_s` while it has to wait."""
    now = clock.now()
    row = fetch_one(
        "SELECT blocked_until FROM sign_in_throttle WHERE key = :key AND blocked_until > :now",
        {"key": _key(kind, subject), "now": now},
    )
    if row is not None:
        raise _wait(row.blocked_until, now)


def admit_guess(kind: str, subject: str) -> None:
    """Count a guess at, or a wish of, `subject` before it is looked at; `pardon` forgets the count.

    Raises TooMany with `retry_after_s` while the subject has to wait; then nothing is counted.
    """
    _count(_key(kind, subject))


def blame(kind: str, subject: str) -> None:
    """Count a guess that proved wrong; one made while its subject has to wait counts no further."""
    fetch_one(_COUNT, _counting(_key(kind, subject)))


def pardon(kind: str, subject: str) -> None:
    """The secret was right: forget the subject's wrong guesses."""
    execute("DELETE FROM sign_in_throttle WHERE key = :key", {"key": _key(kind, subject)})


def clear_old_attempts(limit: int) -> int:
    """Forget keys that have been quiet for long enough, at most `limit`; how many there were."""
    return execute(
        "DELETE FROM sign_in_throttle WHERE key IN"
        " (SELECT key FROM sign_in_throttle WHERE last_at < :before LIMIT :limit)",
        {"before": clock.now() - 2 * _QUIET, "limit": limit},
    )


def _most(everybody: str) -> int:
    """How many failures are free at most, as strangers behave this hour; only looked at, so nobody waits for it."""
    row = fetch_one("SELECT attempts FROM sign_in_throttle WHERE key = :key", {"key": everybody})
    return _FREE_THEN if row is not None and row.attempts >= _ALARM else _UNBOUND


def _count(key: str, most: int = _UNBOUND) -> None:
    if fetch_one(_COUNT, _counting(key, most)) is None:
        now = clock.now()
        row = fetch_one("SELECT blocked_until FROM sign_in_throttle WHERE key = :key", {"key": key})
        raise _wait(row.blocked_until if row else now, now)


def _counting(key: str, most: int = _UNBOUND) -> dict[str, Any]:
    """What `_COUNT` asks for; of a kind that never waits every failure is free, `most` or not."""
    kind, now = key.partition(":")[0], clock.now()
    free = min(_FREE[kind], most) if kind in _FREE else _UNBOUND
    wait_s = _FIRST_WAIT_S.get(kind, _WAIT_S)
    return {"key": key, "now": now, "forgotten": now - _QUIET, "free": free, "wait_s": wait_s}


def _wait(until: dt.datetime, now: dt.datetime) -> TooMany:
    wait_s = max(1, int((until - now).total_seconds()) + 1)
    return TooMany("too_many_attempts", "Too many failed attempts; wait a while.", retry_after_s=wait_s)


def _key(kind: str, value: str) -> str:
    return f"{kind}:{hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()}"
