"""Closing a period and what comes of it: one statement for each legal entity, which never changes."""

from settlement.statements.arithmetic import Charge, Document, Drawn, Line, charges
from settlement.statements.closing import Closed, close
from settlement.statements.drawing import draw_up

__all__ = ["Charge", "Closed", "Document", "Drawn", "Line", "charges", "close", "draw_up"]
