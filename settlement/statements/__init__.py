"""Closing a period and what comes of it: one statement for each legal entity, which never changes."""

from settlement.statements.adjusting import KIND as ADJUSTMENT
from settlement.statements.adjusting import REASONS, Adjustment, adjust, adjustments, proposed
from settlement.statements.arithmetic import Charge, Document, Drawn, Line
from settlement.statements.checking import Check, accept, checklist, checks
from settlement.statements.closing import Closed, close, let_go
from settlement.statements.details import DocumentDetails, document_details, document_ids
from settlement.statements.drawing import draw_up, preview
from settlement.statements.entries import Entry, Position, Sift, count, entries, entries_of
from settlement.statements.freeing import free_paid
from settlement.statements.fx import Rate, rates
from settlement.statements.fx import enter as enter_rate
from settlement.statements.listing import DIRECTIONS, Sought, Standing, find, standing
from settlement.statements.obligations import Netting, Obligation, Pair, Payable, net, netting, obligation, payables
from settlement.statements.reading import (
    Settled,
    Statement,
    documents,
    drawn_of,
    get,
    of_entities,
    of_period,
    settled,
    told,
    versions,
)
from settlement.statements.reopening import reopen
from settlement.statements.states import STATES, agree, mark, send, unpay

__all__ = [
    "ADJUSTMENT",
    "DIRECTIONS",
    "REASONS",
    "STATES",
    "Adjustment",
    "Charge",
    "Check",
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
    "Rate",
    "Settled",
    "Sift",
    "Sought",
    "Standing",
    "Statement",
    "accept",
    "adjust",
    "adjustments",
    "agree",
    "checklist",
    "checks",
    "close",
    "count",
    "document_details",
    "document_ids",
    "documents",
    "draw_up",
    "drawn_of",
    "enter_rate",
    "entries",
    "entries_of",
    "find",
    "free_paid",
    "get",
    "let_go",
    "mark",
    "net",
    "netting",
    "obligation",
    "of_entities",
    "of_period",
    "payables",
    "preview",
    "proposed",
    "rates",
    "reopen",
    "send",
    "settled",
    "standing",
    "told",
    "unpay",
    "versions",
]
