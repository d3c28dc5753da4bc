"""What can come of asking a supplier for something; every answer, and every silence, is a value and not an exception.

Three of them say that nothing has happened there and three that something may have; the difference decides whether
points may go back. `Rejected`, `Cancelled` and `NotFound` are definite only as far as each one says.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

LineState = Literal["accepted", "qty_changed", "price_changed", "backordered", "rejected"]
ArtefactKind = Literal["code", "e_ticket", "pdf", "link"]


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What the supplier does with one line (X12 855: IA, IQ, IP, IB, IR).

    `qty` pieces are promised, none for `rejected`; `cost_minor` is the new cost of one piece, only for `price_changed`;
    `code` says why.
    """

    sku: str
    answer: LineState
    qty: int
    cost_minor: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Artefact:
    """The reward itself, for the unit `unit_no` (from 1) of an article; `content` is a secret, kept encrypted."""

    sku: str
    unit_no: int
    kind: ArtefactKind
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The supplier has taken the order, under its own number.

    Without `lines` every line is taken as ordered. `issued`: there is nothing more to wait for, the artefacts are
    complete.
    """

    external_id: str
    lines: tuple[LineAnswer, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    issued: bool = False


@dataclass(frozen=True, slots=True)
class Reserved:
    """Set aside under the supplier's number until `hold_expires_at`; at this price until `price_guarantee_until`.

    None for the latter: for as long as it is held.
    """

    external_id: str
    hold_expires_at: dt.datetime
    price_guarantee_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The supplier has the request and has not decided; ask for its status after `after_s` seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """The supplier refuses for good; `code` says why (`out_of_stock`, `unknown_sku`, `undeliverable`, ...)."""

    code: str


@dataclass(frozen=True, slots=True)
class Retryable:
    """Nothing has happened there; the same request may be sent again after `after_s` seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may or may not have arrived. Only a look (`status`, `look`) or a callback can tell; never release,
    never ask for it under another key."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """The supplier has never seen the reference. Definite only after `Caps.not_found_is_final_after_s` of the last
    request under it: an earlier one may still be on its way."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The order, or the hold, exists no more; `refund_minor` comes back to us, None if nobody said how much."""

    refund_minor: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """It stands: the supplier does not take it back; `code` says why (`too_late`, `not_refundable`, ...)."""

    code: str


@dataclass(frozen=True, slots=True)
class CancelTerms:
    """What cancelling would give back, on offer until `expires_at`; some suppliers must be asked before `cancel`."""

    refund_minor: int
    currency: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """What one piece of an article costs now, in minor units."""

    sku: str
    qty: int
    cost_minor: int


@dataclass(frozen=True, slots=True)
class SupplierQuote:
    """Live prices, good until `expires_at`; `required`: what `SupplierLine.details` must tell of each traveller."""

    lines: tuple[QuotedLine, ...]
    currency: str
    expires_at: dt.datetime
    refundable: bool = False
    required: tuple[str, ...] = ()


Outcome = Accepted | Reserved | Pending | Rejected | Retryable | Unknown | NotFound | Cancelled
Failure = Rejected | Retryable | Unknown
Undone = Cancelled | CancelRefused | Pending | NotFound | Retryable | Unknown
