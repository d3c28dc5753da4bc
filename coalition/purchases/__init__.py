"""Purchases: receipts recorded batch first, with what they earn and why; registries are files full of them."""

from coalition.purchases.counter import Counter, counter
from coalition.purchases.finding import Told, find, reasons, tell
from coalition.purchases.laws import laws
from coalition.purchases.mappings import (
    ColumnMapping,
    mapping,
    mapping_by_name,
    mappings,
    read_mapping,
    save_mapping,
)
from coalition.purchases.reading import CHANNELS, read
from coalition.purchases.receipts import GrantedAward, Line, Receipt, Recorded, Refused
from coalition.purchases.recording import record
from coalition.purchases.registries import Registry, Rejection, close, open_registry, registry, rejections
from coalition.purchases.streaming import Chunk, Unreadable, chunks
from coalition.purchases.taking import Layout, Reading, layout, read_lines, readings, take

__all__ = [
    "CHANNELS",
    "Chunk",
    "ColumnMapping",
    "Counter",
    "GrantedAward",
    "Layout",
    "Line",
    "Reading",
    "Receipt",
    "Recorded",
    "Refused",
    "Registry",
    "Rejection",
    "Told",
    "Unreadable",
    "chunks",
    "close",
    "counter",
    "find",
    "laws",
    "layout",
    "mapping",
    "mapping_by_name",
    "mappings",
    "open_registry",
    "read",
    "read_lines",
    "read_mapping",
    "readings",
    "reasons",
    "record",
    "registry",
    "rejections",
    "save_mapping",
    "take",
    "tell",
]
