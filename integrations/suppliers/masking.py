"""What operators may read of a call: everything but codes, tickets, credentials and what identifies a person."""

from __future__ import annotations

import json
import re
from typing import Any

_HIDDEN = "•••"
_MOST_BYTES = 64_000
_SECRET = re.compile(
    r"name$|email|phone|address|line1|city|postal|born|gender|title$|passport|document|identifier|barcode|pin|secret|token"
    r"|holder|recipient|passenger|travell?er|content|^url$|^code$",
    re.IGNORECASE,
)
_REASON = re.compile(r"[a-z][a-z_]{2,60}")  # how codes of errors are written, and codes of gift cards never
_OPEN = frozenset({"passenger_ids", "passengers"})


def masked(body: bytes) -> str:
    """A body of JSON with its secrets hidden; of any other body, only its length."""
    if not body:
        return ""
    if len(body) > _MOST_BYTES:
        return f"({len(body)} bytes)"
    try:
        facts = json.loads(body)
    except (ValueError, RecursionError):
        return f"({len(body)} bytes that are no JSON)"
    return json.dumps(_masked(facts), ensure_ascii=True)


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, name) for inner in value]
    if name in _OPEN or not _SECRET.search(name) or value is None or isinstance(value, bool):
        return value
    if name == "code" and isinstance(value, str) and _REASON.fullmatch(value):
        return value
    return _HIDDEN
