"""What a line of a registry may be: its `type` says which reader takes it; a line without one is a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.purchases.reading import read
from coalition.purchases.receipts import Receipt

Item = Receipt


def interpret(body: Mapping[str, Any]) -> Item:
    """The item that a parsed line is. Raises Invalid with every wrong field."""
    kind = body.get("type")
    if kind is None:
        return read(body)
    return read({name: value for name, value in body.items() if name != "type"} if kind == "purchase" else body)
