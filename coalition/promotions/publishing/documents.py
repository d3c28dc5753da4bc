"""Documents as text: one canonical form, so that equal documents have equal hashes. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]
_OF_THE_HOUSE = ("version", "status")


def canonical(document: Any) -> str:
    """The one text of a document: sorted names, no spaces, letters as they are. ValueError for a number like NaN."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(text: str) -> bytes:
    """The hash of a canonical text, as PostgreSQL computes it, too."""
    return hashlib.sha256(text.encode()).digest()


def content(document: Document) -> str:
    """What a promotion says, without what publishing adds to it: its version and its state."""
    return canonical({name: value for name, value in document.items() if name not in _OF_THE_HOUSE})
