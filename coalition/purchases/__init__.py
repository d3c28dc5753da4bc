"""Purchases: receipts recorded batch first, with what they earn and why; registries are files full of them."""

from coalition.purchases.browsing import (
    Purchase,
    by_receipt,
    list_registries,
    numbers,
    of_member,
    registry_states,
    whole,
)
from coalition.purchases.counter import Counter, counter
from coalition.purchases.finding import Told, find, reasons, tell
from coalition.purchases.laws import laws
from coalition.purchases.reading import CHANNELS, read
from coalition.purchases.receipts import GrantedAward, Line, Receipt, Recorded, Refused
from coalition.purchases.recording import record
from coalition.purchases.registries import (
    Registry,
    Rejection,
    close,
    open_registry,
    read_lines,
    registry,
    rejections,
    take,
)
from coalition.purchases.streaming import Chunk, Unreadable, chunks

__all__ = [
    "CHANNELS",
    "Chunk",
    "Counter",
    "GrantedAward",
    "Line",
    "Purchase",
    "Receipt",
    "Recorded",
    "Refused",
    "Registry",
    "Rejection",
    "Told",
    "Unreadable",
    "by_receipt",
    "chunks",
    "close",
    "counter",
    "find",
    "laws",
    "list_registries",
    "numbers",
    "of_member",
    "open_registry",
    "read",
    "read_lines",
    "reasons",
    "record",
    "registry",
    "registry_states",
    "rejections",
    "take",
    "tell",
    "whole",
]
