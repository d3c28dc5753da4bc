"""What of a request may be kept: no token, card, phone or e-mail address, wherever somebody has put one. Pure."""

from __future__ import annotations

import re

MASK = "…"
_LONGEST = 200
_OURS = re.compile(r"(req_\d{14}_[0-9a-f]{12}|[a-z]{3}_[0-9a-hjkmnp-tv-z]{13,40})")  # ids that we made
_SECRETS = re.compile(r"(token|secret|code|refresh|whsec)_[\w-]{20,}", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![^\s/@])[^\s/@]++@[^\s/@]+")
_DIGITS = re.compile(r"\+?\d(?:[ ().-]{0,2}\d){6,}")  # a phone has seven digits, a card more


def redacted(text: str) -> str:
    """A text without anything that could be a secret or lead to a person; at most 200 characters of it."""
    text = "".join(char for char in text if char.isprintable())
    for pattern in (_SECRETS, _ADDRESS, _DIGITS):
        text = pattern.sub(MASK, text)
    return text[:_LONGEST]


def redacted_id(text: str) -> str:
    """The id of a request: ours as it is, a client's without what it should not hold."""
    return text if _OURS.fullmatch(text) else redacted(text)


def redacted_path(path: str) -> str:
    """A path whose segments are ours or harmless; the query is not part of it."""
    kept = (segment if _OURS.fullmatch(segment) else redacted(segment) for segment in path.split("/"))
    return "/".join(kept)[:_LONGEST]
