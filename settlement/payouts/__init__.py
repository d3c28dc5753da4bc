"""Payments: who owes is invoiced, who is owed is paid; one run for each closed period, decided by two people.

The room never talks to a provider by itself: it is handed one by a job, outside of every transaction.
"""

from settlement.payouts.reading import (
    find,
    get,
    open_payments,
    payment,
    payments,
    receipt,
    receipts,
    runs,
    runs_of,
    unmatched,
)
from settlement.payouts.receiving import Moved, match, record_receipt
from settlement.payouts.types import NotYet, Payment, Receipt, Run

__all__ = [
    "Moved",
    "NotYet",
    "Payment",
    "Receipt",
    "Run",
    "find",
    "get",
    "match",
    "open_payments",
    "payment",
    "payments",
    "receipt",
    "receipts",
    "record_receipt",
    "runs",
    "runs_of",
    "unmatched",
]
