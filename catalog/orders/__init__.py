"""Orders: placed in one transaction, answered by suppliers, followed until delivered. Nothing lost, nothing twice.

The room never talks to a supplier: a job puts the `Question` that `ask` returns and brings back the answer. What no
machine may decide waits in the operators' queue (`cases`, `decide`).
"""

from catalog.orders.browsing import VIEWS, Alarm, BoardRow, Load, alarms_of, board, loads
from catalog.orders.cancelling import cancel, offered, times_asked, undone
from catalog.orders.consulting import Case, case, cases, cases_of
from catalog.orders.deciding import decide
from catalog.orders.laws import laws
from catalog.orders.moving import JOB, locked_state
from catalog.orders.placing import place
from catalog.orders.progressing import deliver, progress
from catalog.orders.reading import consignment_by_ref, find, find_own, list_for, pieces, points_since, reserved
from catalog.orders.returning.laws import laws as laws_of_returns
from catalog.orders.returning.receiving import (
    authorize_return,
    close_if_paid,
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
    returns_unpaid,
)
from catalog.orders.returning.requesting import cancel_return, request_return, returnable
from catalog.orders.returning.returned import find_return, policy, returns, returns_of, set_policy
from catalog.orders.returning.rma import REASONS as RETURN_REASONS
from catalog.orders.returning.rma import Return, Returnable, ReturnChange, ReturnItem, ReturnPolicy
from catalog.orders.serving import ASKED_BACK, SERVED, TO_ANSWER, TO_SHIP, Served, one_served, served, serving
from catalog.orders.states import ARRIVED, AWAITING, FAILED, UNDECIDED
from catalog.orders.supplying.answering import answered
from catalog.orders.supplying.artefacts import Shown, show
from catalog.orders.supplying.asking import answers_by_line, ask
from catalog.orders.supplying.hearing import payment_authorized, payment_failed
from catalog.orders.supplying.issuing import close_ripe
from catalog.orders.supplying.releasing import released
from catalog.orders.telling import Told, told_changes, told_consignments
from catalog.orders.types import Change, Consignment, Order, OrderLine, Question, ReservedLine, Summary
from catalog.orders.watching import look_again, look_around, prolong_holds, promise, promised_s, wake_sleepers

__all__ = [
    "ARRIVED",
    "ASKED_BACK",
    "AWAITING",
    "FAILED",
    "JOB",
    "RETURN_REASONS",
    "SERVED",
    "TO_ANSWER",
    "TO_SHIP",
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
    "ReservedLine",
    "Return",
    "ReturnChange",
    "ReturnItem",
    "ReturnPolicy",
    "Returnable",
    "Served",
    "Shown",
    "Summary",
    "Told",
    "alarms_of",
    "answered",
    "answers_by_line",
    "ask",
    "authorize_return",
    "board",
    "cancel",
    "cancel_return",
    "case",
    "cases",
    "cases_of",
    "close_if_paid",
    "close_return",
    "close_ripe",
    "consignment_by_ref",
    "decide",
    "decide_return",
    "deliver",
    "expire_return",
    "find",
    "find_own",
    "find_return",
    "inspect_return",
    "laws",
    "laws_of_returns",
    "list_for",
    "loads",
    "locked_state",
    "look_again",
    "look_around",
    "lose_return",
    "offered",
    "on_its_way",
    "one_served",
    "parcel_said",
    "payment_authorized",
    "payment_failed",
    "pieces",
    "place",
    "points_since",
    "policy",
    "progress",
    "prolong_holds",
    "promise",
    "promised_s",
    "receive_return",
    "refuse_return",
    "released",
    "request_return",
    "reserved",
    "returnable",
    "returns",
    "returns_of",
    "returns_overdue",
    "returns_unpaid",
    "served",
    "serving",
    "set_policy",
    "show",
    "times_asked",
    "told_changes",
    "told_consignments",
    "undone",
    "wake_sleepers",
]
