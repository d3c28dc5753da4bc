"""Orders: placed in one transaction, answered by suppliers, followed until delivered. Nothing lost, nothing twice.

The room never talks to a supplier: a job puts the `Question` that `ask` returns and brings back the answer.
"""

from catalog.orders.answering import answered, ask
from catalog.orders.cancelling import cancel
from catalog.orders.laws import laws
from catalog.orders.laws_of_returns import laws as laws_of_returns
from catalog.orders.moving import locked_state
from catalog.orders.placing import place
from catalog.orders.progressing import deliver, progress
from catalog.orders.reading import consignment_by_ref, find, list_for, pieces
from catalog.orders.receiving import (
    authorize_return,
    close_return,
    decide_return,
    expire_return,
    inspect_return,
    lose_return,
    on_its_way,
    parcel_said,
    receive_return,
    refuse_return,
    returns_overdue,
)
from catalog.orders.returned import find_return, policy, returns, returns_of, set_policy
from catalog.orders.returning import cancel_return, request_return, returnable
from catalog.orders.rma import REASONS as RETURN_REASONS
from catalog.orders.rma import Return, Returnable, ReturnChange, ReturnItem, ReturnPolicy
from catalog.orders.states import FAILED, UNDECIDED
from catalog.orders.types import Change, Consignment, Order, OrderLine, Question, Summary

__all__ = [
    "FAILED",
    "RETURN_REASONS",
    "UNDECIDED",
    "Change",
    "Consignment",
    "Order",
    "OrderLine",
    "Question",
    "Return",
    "ReturnChange",
    "ReturnItem",
    "ReturnPolicy",
    "Returnable",
    "Summary",
    "answered",
    "ask",
    "authorize_return",
    "cancel",
    "cancel_return",
    "close_return",
    "consignment_by_ref",
    "decide_return",
    "deliver",
    "expire_return",
    "find",
    "find_return",
    "inspect_return",
    "laws",
    "laws_of_returns",
    "list_for",
    "locked_state",
    "lose_return",
    "on_its_way",
    "parcel_said",
    "pieces",
    "place",
    "policy",
    "progress",
    "receive_return",
    "refuse_return",
    "request_return",
    "returnable",
    "returns",
    "returns_of",
    "returns_overdue",
    "set_policy",
]
