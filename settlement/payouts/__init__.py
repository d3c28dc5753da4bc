"""Payments: who owes is invoiced, who is owed is paid; one run for each closed period, decided by two people.

The room never talks to a provider by itself: it is handed one by a job, outside of every transaction.
"""

from settlement.payouts.accounts import KIND as ACCOUNT_KIND
from settlement.payouts.accounts import NewAccount, current, propose
from settlement.payouts.accounts import by_id as accounts_by_id
from settlement.payouts.aging import overdue
from settlement.payouts.asking import may_look, seen
from settlement.payouts.carrying import carry_out
from settlement.payouts.committing import abort, commit, reserve
from settlement.payouts.news import UNDERSTAND, receive, understood, whose
from settlement.payouts.owed import Payable, mark_paid
from settlement.payouts.preparing import PayablePeriod, left_out, payable_periods, prepare
from settlement.payouts.reading import (
    changes,
    find,
    get,
    is_settled,
    moved,
    open_payments,
    payment,
    payments,
    receipt,
    receipts,
    runs,
    runs_of,
    settled_payments,
    unmatched,
)
from settlement.payouts.receiving import Moved, match, record_receipt
from settlement.payouts.requesting import JOB as ASK
from settlement.payouts.requesting import drop, retry
from settlement.payouts.types import NotYet, Payment, Receipt, Run
from settlement.payouts.waking import conclude_all, to_look_at, wake

__all__ = [
    "ACCOUNT_KIND",
    "ASK",
    "UNDERSTAND",
    "Moved",
    "NewAccount",
    "NotYet",
    "Payable",
    "PayablePeriod",
    "Payment",
    "Receipt",
    "Run",
    "abort",
    "accounts_by_id",
    "carry_out",
    "changes",
    "commit",
    "conclude_all",
    "current",
    "drop",
    "find",
    "get",
    "is_settled",
    "left_out",
    "mark_paid",
    "match",
    "may_look",
    "moved",
    "open_payments",
    "overdue",
    "payable_periods",
    "payment",
    "payments",
    "prepare",
    "propose",
    "receipt",
    "receipts",
    "receive",
    "record_receipt",
    "reserve",
    "retry",
    "runs",
    "runs_of",
    "seen",
    "settled_payments",
    "to_look_at",
    "understood",
    "unmatched",
    "wake",
    "whose",
]
