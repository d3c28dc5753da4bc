"""What a line of a registry may be: its `type` says which reader takes it; a line without one is a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.purchases.banking import TRANSACTION, read_transaction
from coalition.purchases.events import Event, read_event
from coalition.purchases.reading import read
from coalition.purchases.receipts import Receipt

Item = Receipt | Event


def interpret(body: Mapping[str, Any]) -> Item:
    """The item that a parsed line is. Raises Invalid with every wrong field.

    Whatever is neither a purchase nor a bank's transaction is an event of that type, as at POST /events.
    """
    kind = body.get("type")
    if kind is None:
        return read(body)
    if kind == "purchase":
        return read({name: value for name, value in body.items() if name != "type"})
    return read_event_or_transaction(body)


def read_event_or_transaction(body: Mapping[str, Any]) -> Item:
    """What a body with a `type` is: a bank's transaction, or an event of that type. Raises Invalid."""
    return read_transaction(body) if body.get("type") == TRANSACTION else read_event(body)
