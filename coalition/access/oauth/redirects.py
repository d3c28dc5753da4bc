"""The addresses to which an app may have members sent back: registered whole, compared whole.

https, or http on this very machine (RFC 8252 7.3), or for a public client a scheme of its own with a dot in it
(7.1). Nothing is matched by pattern: neither port nor path nor case is forgiven.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

from coalition.kernel.errors import FieldError

MOST = 10
_LONGEST = 500
_PLAIN = re.compile(r"[!-~]+")  # visible ASCII: no blank, no control character, nothing that looks like another letter
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")  # no [::1]: a page's policy cannot name it
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_LOOPBACK = "127.0.0.1"
_DOTS = re.compile(r"(^|[/\\])(\.|%2e){1,2}([/\\]|$)", re.IGNORECASE)


def check_redirects(uris: Sequence[str], kind: str) -> list[FieldError]:
    """What is wrong with an app's addresses."""
    wrong = [
        FieldError(f"/redirect_uris/{at}", "bad_redirect", _WHY) for at, uri in enumerate(uris) if not _good(uri, kind)
    ]
    if len(uris) > MOST:
        wrong.append(FieldError("/redirect_uris", "too_many", f"An app has {MOST} addresses at most."))
    return wrong


def with_answer(uri: str, answer: dict[str, str]) -> str:
    """A registered address with the parameters of an answer behind its own."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(answer)}"


def origin_of(uri: str) -> str:
    """Where a registered address leads to, as a page's policy names it: an origin, or a scheme of an app's own."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


_WHY = "An https address without a fragment; http for 127.0.0.1 only, a scheme of one's own for public apps only."


def _good(uri: str, kind: str) -> bool:
    if len(uri) > _LONGEST or not _PLAIN.fullmatch(uri) or set(uri) & set("#\\*<>\"'`;, "):
        return False
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return kind == "public" and bool(_OWN_SCHEME.fullmatch(parts.scheme)) and not parts.netloc
    where = parts.netloc.removesuffix(f":{port}") if port else parts.netloc
    plain = bool(_HOST.fullmatch(where)) and not _DOTS.search(parts.path)
    return plain and (parts.scheme == "https" or host == _LOOPBACK)
