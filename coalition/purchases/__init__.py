"""Purchases: receipts recorded batch first, with what they earn and why; registries are files full of them."""

from coalition.purchases.counter import Counter, counter
from coalition.purchases.finding import Told, find, reasons, tell
from coalition.purchases.laws import laws
from coalition.purchases.reading import CHANNELS, read
from coalition.purchases.receipts import GrantedAward, Line, Receipt, Recorded, Refused
from coalition.purchases.recording import record

__all__ = [
    "CHANNELS",
    "Counter",
    "GrantedAward",
    "Line",
    "Receipt",
    "Recorded",
    "Refused",
    "Told",
    "counter",
    "find",
    "laws",
    "read",
    "reasons",
    "record",
    "tell",
]
