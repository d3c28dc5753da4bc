"""What a line of a registry may be: its `type` says which reader takes it; a line without one is a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coalition.purchases.banking import REVERSAL, TRANSACTION, read_reversal, read_transaction
from coalition.purchases.events import Event, read_event
from coalition.purchases.reading import read
from coalition.purchases.reading_returns import read_return
from coalition.purchases.receipts import Receipt
from coalition.purchases.returns import RETURN, VOID, Return

Entry = Receipt | Event | Return


def interpret(body: Mapping[str, Any]) -> Entry:
    """What a parsed line is. Raises Invalid with every wrong field.

    Whatever is neither a purchase, a return, a void nor a bank's transaction or its reversal is an event of that type,
    as at POST /events.
    """
    kind = body.get("type")
    if kind is None:
        return read(body)
    if kind in (RETURN, VOID):
        return read_return(body)
    if kind == "purchase":
        return read({name: value for name, value in body.items() if name != "type"})
    return read_event_or_transaction(body)


def read_event_or_transaction(body: Mapping[str, Any]) -> Entry:
    """What a body with a `type` is: a bank's transaction, its reversal, or an event of that type. Raises Invalid."""
    kind = body.get("type")
    if kind == REVERSAL:
        return replace(read_return(read_reversal(body)), of_bank=True)
    return read_transaction(body) if kind == TRANSACTION else read_event(body)
