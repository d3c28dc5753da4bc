"""Closing a period and what comes of it: one statement for each legal entity, which never changes."""

from settlement.statements.arithmetic import Charge, Document, Drawn, Line
from settlement.statements.closing import Closed, close
from settlement.statements.details import DocumentDetails, document_details, document_ids
from settlement.statements.drawing import draw_up
from settlement.statements.entries import Entry, Position, Sift, count, entries, entries_of
from settlement.statements.listing import DIRECTIONS, Sought, Standing, find, standing
from settlement.statements.netting import Netting, Obligation, Pair, Payable, netting, payables
from settlement.statements.reading import (
    Settled,
    Statement,
    documents,
    drawn_of,
    get,
    of_entities,
    of_period,
    settled,
    versions,
)
from settlement.statements.states import STATES, agree, mark, send

__all__ = [
    "DIRECTIONS",
    "STATES",
    "Charge",
    "Closed",
    "Document",
    "DocumentDetails",
    "Drawn",
    "Entry",
    "Line",
    "Netting",
    "Obligation",
    "Pair",
    "Payable",
    "Position",
    "Settled",
    "Sift",
    "Sought",
    "Standing",
    "Statement",
    "agree",
    "close",
    "count",
    "document_details",
    "document_ids",
    "documents",
    "draw_up",
    "drawn_of",
    "entries",
    "entries_of",
    "find",
    "get",
    "mark",
    "netting",
    "of_entities",
    "of_period",
    "payables",
    "send",
    "settled",
    "standing",
    "versions",
]
