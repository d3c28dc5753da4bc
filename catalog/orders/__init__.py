"""Orders: placed in one transaction, answered by suppliers, followed until delivered. Nothing lost, nothing twice.

The room never talks to a supplier: a job puts the `Question` that `ask` returns and brings back the answer.
"""

from catalog.orders.answering import answered, ask
from catalog.orders.cancelling import cancel
from catalog.orders.laws import laws
from catalog.orders.moving import locked_state
from catalog.orders.placing import place
from catalog.orders.progressing import deliver, progress
from catalog.orders.reading import consignment_by_ref, find, list_for, pieces
from catalog.orders.states import FAILED, UNDECIDED
from catalog.orders.types import Change, Consignment, Order, OrderLine, Question, Summary

__all__ = [
    "FAILED",
    "UNDECIDED",
    "Change",
    "Consignment",
    "Order",
    "OrderLine",
    "Question",
    "Summary",
    "answered",
    "ask",
    "cancel",
    "consignment_by_ref",
    "deliver",
    "find",
    "laws",
    "list_for",
    "locked_state",
    "pieces",
    "place",
    "progress",
]
