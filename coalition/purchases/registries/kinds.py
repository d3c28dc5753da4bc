"""What a line of a registry may be: its `type` says which reader takes it; a line without one is a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coalition.kernel.errors import FieldError, Invalid
from coalition.purchases.events.banking import REVERSAL, TRANSACTION, read_reversal, read_transaction
from coalition.purchases.events.event import Event, read_event
from coalition.purchases.reading.receipt import read
from coalition.purchases.reading.return_slip import read_return
from coalition.purchases.receipts import Receipt
from coalition.purchases.registries.takeovers import CARD, Takeover, read_takeover
from coalition.purchases.returns import RETURN, VOID, Return

Entry = Receipt | Event | Return
Content = Entry | Takeover  # what a line of a registry may be


def interpret(body: Mapping[str, Any]) -> Content:
    """What a parsed line is. Raises Invalid with every wrong field.

    Whatever is neither a purchase, a return, a void, a card that is taken over nor a bank's transaction or its
    reversal is an event of that type, as at POST /events.
    """
    kind = body.get("type")
    if kind is None:
        return read(body)
    if kind in (RETURN, VOID):
        return read_return(body)
    if kind == CARD:
        return read_takeover(body)
    if kind == "purchase":
        return read({name: value for name, value in body.items() if name != "type"})
    return read_event_or_transaction(body)


def interpret_card(body: Mapping[str, Any]) -> Takeover:
    """What a line of a file of cards is, with or without its type. Raises Invalid."""
    if body.get("type", CARD) != CARD:
        detail = "This file holds cards and nothing else."
        raise Invalid("not_a_card", detail, [FieldError("/type", "not_a_card", detail)])
    return read_takeover(body)


def read_event_or_transaction(body: Mapping[str, Any]) -> Entry:
    """What a body with a `type` is: a bank's transaction, its reversal, or an event of that type. Raises Invalid."""
    kind = body.get("type")
    if kind == REVERSAL:
        return replace(read_return(read_reversal(body)), of_bank=True)
    return read_transaction(body) if kind == TRANSACTION else read_event(body)
