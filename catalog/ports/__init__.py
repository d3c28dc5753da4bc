"""What this floor asks of the outside world: feed files to read, suppliers to take orders, money to be
paid.

Only vocabulary lives here. `integrations` binds the adapters; a job asks for them with `kernel.ports.get`, never inside
a transaction. A supplier's or carrier's own news comes the other way, as signed callbacks.
"""

from catalog.ports.feeding import FeedPlace, FeedSource, FeedUnreachable, FetchedFeed, Validators
from catalog.ports.outcomes import (
    Accepted,
    Artefact,
    Cancelled,
    CancelRefused,
    CancelTerms,
    Failure,
    LineAnswer,
    NotFound,
    Outcome,
    Pending,
    QuotedLine,
    Rejected,
    Reserved,
    Retryable,
    SupplierQuote,
    Undone,
    Unknown,
)
from catalog.ports.paying import (
    PaymentAnswer,
    PaymentDone,
    PaymentList,
    PaymentNews,
    PaymentPage,
    PaymentProvider,
    PaymentRequest,
    PaymentState,
)
from catalog.ports.supplying import (
    Address,
    Caps,
    Forged,
    SupplierAccess,
    SupplierEvent,
    SupplierGateway,
    SupplierLine,
)

__all__ = [
    "Accepted",
    "Address",
    "Artefact",
    "CancelRefused",
    "CancelTerms",
    "Cancelled",
    "Caps",
    "Failure",
    "FeedPlace",
    "FeedSource",
    "FeedUnreachable",
    "FetchedFeed",
    "Forged",
    "LineAnswer",
    "NotFound",
    "Outcome",
    "PaymentAnswer",
    "PaymentDone",
    "PaymentList",
    "PaymentNews",
    "PaymentPage",
    "PaymentProvider",
    "PaymentRequest",
    "PaymentState",
    "Pending",
    "QuotedLine",
    "Rejected",
    "Reserved",
    "Retryable",
    "SupplierAccess",
    "SupplierEvent",
    "SupplierGateway",
    "SupplierLine",
    "SupplierQuote",
    "Undone",
    "Unknown",
    "Validators",
]
