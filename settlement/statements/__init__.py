"""Closing a period and what comes of it: one statement for each legal entity, which never changes."""

from settlement.statements.arithmetic import Charge, Document, Drawn, Line
from settlement.statements.closing import Closed, close
from settlement.statements.drawing import draw_up
from settlement.statements.entries import Entry, Position, count, entries, entries_of
from settlement.statements.reading import (
    Settled,
    Statement,
    documents,
    drawn_of,
    get,
    of_entities,
    of_period,
    settled,
)

__all__ = [
    "Charge",
    "Closed",
    "Document",
    "Drawn",
    "Entry",
    "Line",
    "Position",
    "Settled",
    "Statement",
    "close",
    "count",
    "documents",
    "draw_up",
    "drawn_of",
    "entries",
    "entries_of",
    "get",
    "of_entities",
    "of_period",
    "settled",
]
