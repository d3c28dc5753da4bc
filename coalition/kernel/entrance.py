"""The settings on which it depends who gets in, and how often: keys of cookies, hosts, rates, the way of mails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

_MIN_SECRET_BYTES = 32
_MIN_DISTINCT = 10  # a word said over and over is long, too
_SAID_BEFORE = re.compile(  # keys out of manuals, samples and these very files
    r"secret|passw|change.?me|replace|example|default|insecure|django|flask|your.?key|test|demo|0123456789|abcdefgh|qwerty"
)
_SCHEMES = {"smtp": 25, "smtps": 465, "ses": 0}
_RATE = re.compile(r"off|[1-9][0-9]{0,8}/(second|minute|hour)")
_SENDER = re.compile(r"[^<>\r\n]*<?[^<>@\s]+@[A-Za-z0-9.-]+>?")


@dataclass(frozen=True, slots=True)
class MailAccess:
    """The way of mails: `scheme` smtp, smtps (TLS from the beginning) or ses; for ses the host is its region.

    An smtp server is asked for TLS before it is told a password; `endpoint` is another address of ses.
    """

    scheme: str
    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    sender: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """How often one may come, as `18000/minute`, or `off`.

    `api`: a client (a stranger: an address) at the whole API. `token`: tokens that a client gets. `token_address`:
    requests of one address to the token endpoints.
    """

    api: str = "18000/minute"
    token: str = "120/minute"  # noqa: S105 - a rate
    token_address: str = "600/minute"  # noqa: S105 - a rate


def secret_problems(secret: str) -> list[str]:
    """Why this key may not sign cookies in production: too short, too even, or known to the world."""
    if not secret:
        return ["SECRET_KEY is missing: set at least 32 random bytes"]
    if len(secret.encode()) < _MIN_SECRET_BYTES or len(set(secret)) < _MIN_DISTINCT:
        return ["SECRET_KEY is weak: it needs at least 32 random bytes"]
    if _SAID_BEFORE.search(secret.lower()):
        return ["SECRET_KEY is known to the world: it holds a word of samples and manuals; take random bytes"]
    return []


def host_names(env: Mapping[str, str], environment: str, base_url: str) -> tuple[str, ...]:
    """The hosts for which we answer: that of BASE_URL, those of ALLOWED_HOSTS, and this machine's in demo and tests."""
    named = [name.strip().lower() for name in env.get("ALLOWED_HOSTS", "").split(",") if name.strip()]
    own = ["localhost", "127.0.0.1", "[::1]"] if environment != "production" else []
    return tuple(dict.fromkeys([urlsplit(base_url).hostname or "", *named, *own]))


def rates(env: Mapping[str, str], problems: list[str]) -> Rates:
    """What API_RATE, TOKEN_RATE and TOKEN_ADDRESS_RATE say, our own where they say nothing."""
    known = Rates()
    given = {
        "API_RATE": env.get("API_RATE") or known.api,
        "TOKEN_RATE": env.get("TOKEN_RATE") or known.token,
        "TOKEN_ADDRESS_RATE": env.get("TOKEN_ADDRESS_RATE") or known.token_address,
    }
    for name, rate in given.items():
        if not _RATE.fullmatch(rate):
            problems.append(f"{name} is {rate!r}; write it as 600/minute (or second, hour), or off")
    return Rates(*given.values())


def mail_access(env: Mapping[str, str], problems: list[str]) -> MailAccess | None:
    """What MAIL_URL and MAIL_FROM say, None without them; what is wrong with them is added to `problems`."""
    url, sender = env.get("MAIL_URL", ""), env.get("MAIL_FROM", "")
    if not url:
        return None
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _SCHEMES or not parts.hostname:
        problems.append("MAIL_URL must be smtp://host:port, smtps://host or ses://region")
        return None
    if not _SENDER.fullmatch(sender):
        problems.append("MAIL_FROM must be the address from which mails come")
    endpoint = parse_qs(parts.query).get("endpoint", [""])[0] or None
    user, secret = unquote(parts.username or ""), unquote(parts.password or "")
    return MailAccess(
        parts.scheme, parts.hostname, port or _SCHEMES[parts.scheme], user, secret, sender, endpoint=endpoint
    )
