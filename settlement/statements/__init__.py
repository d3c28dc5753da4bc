"""Closing a period and what comes of it: one statement for each legal entity, which never changes."""

from settlement.statements.arithmetic import Charge, Document, Drawn, Line
from settlement.statements.closing import Closed, close
from settlement.statements.drawing import draw_up
from settlement.statements.entries import Entry, all_entries, count, entries
from settlement.statements.reading import Statement, documents, drawn_of, get, of_entities, of_period

__all__ = [
    "Charge",
    "Closed",
    "Document",
    "Drawn",
    "Entry",
    "Line",
    "Statement",
    "all_entries",
    "close",
    "count",
    "documents",
    "draw_up",
    "drawn_of",
    "entries",
    "get",
    "of_entities",
    "of_period",
]
