"""Orders: placed in one transaction, answered by suppliers, followed until delivered. Nothing lost, nothing twice.

The room never talks to a supplier: a job puts the `Question` that `ask` returns and brings back the answer. What no
machine may decide waits in the operators' queue (`cases`, `decide`).
"""

from catalog.orders.answering import answered
from catalog.orders.artefacts import Shown, show
from catalog.orders.asking import ask
from catalog.orders.browsing import VIEWS, Alarm, BoardRow, Load, alarms_of, board, loads
from catalog.orders.cancelling import cancel, offered, undone
from catalog.orders.consulting import DECISIONS, Case, case, cases, cases_of
from catalog.orders.deciding import decide
from catalog.orders.hearing import payment_authorized, payment_failed
from catalog.orders.issuing import close_ripe
from catalog.orders.laws import laws
from catalog.orders.moving import JOB, locked_state
from catalog.orders.placing import place
from catalog.orders.progressing import deliver, progress
from catalog.orders.reading import consignment_by_ref, find, list_for, pieces
from catalog.orders.releasing import released
from catalog.orders.states import ARRIVED, AWAITING, FAILED, UNDECIDED
from catalog.orders.types import Change, Consignment, Order, OrderLine, Question, Summary
from catalog.orders.watching import look_again, look_around, prolong_holds, promise, wake_sleepers

__all__ = [
    "ARRIVED",
    "AWAITING",
    "DECISIONS",
    "FAILED",
    "JOB",
    "UNDECIDED",
    "VIEWS",
    "Alarm",
    "BoardRow",
    "Case",
    "Change",
    "Consignment",
    "Load",
    "Order",
    "OrderLine",
    "Question",
    "Shown",
    "Summary",
    "alarms_of",
    "answered",
    "ask",
    "board",
    "cancel",
    "case",
    "cases",
    "cases_of",
    "close_ripe",
    "consignment_by_ref",
    "decide",
    "deliver",
    "find",
    "laws",
    "list_for",
    "loads",
    "locked_state",
    "look_again",
    "look_around",
    "offered",
    "payment_authorized",
    "payment_failed",
    "pieces",
    "place",
    "progress",
    "prolong_holds",
    "promise",
    "released",
    "show",
    "undone",
    "wake_sleepers",
]
