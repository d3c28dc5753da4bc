"""What this floor asks of the outside world: feed files to read, suppliers to take orders.

Only vocabulary lives here. `integrations` binds the adapters; a job asks for them with `kernel.ports.get`, never inside
a transaction. A supplier's or carrier's own news comes the other way, as signed callbacks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class FeedUnreachable(Exception):
    """The file could not be fetched whole; nothing was handed over. `code` is stable: `unreachable`, `too_large`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class FeedSource(Protocol):
    """Where feed files come from."""

    def fetch(self, url: str, alive: Callable[[], None]) -> BinaryIO:
        """The whole file behind `url`, at its beginning; the caller closes it. Raises FeedUnreachable.

        `alive` is called whenever more of it has come; what it raises ends the fetching.
        """
        ...


@dataclass(frozen=True, slots=True)
class SupplierAccess:
    """How to speak with one supplier: its code, the root of its API, and the secret that signs both directions."""

    code: str
    base_url: str
    secret: str


@dataclass(frozen=True, slots=True)
class SupplierLine:
    """One line of an order as the supplier knows it: its own article number and a number of pieces."""

    sku: str
    qty: int


@dataclass(frozen=True, slots=True)
class Address:
    """Where a consignment goes; an electronic one needs only a name and an e-mail."""

    name: str
    email: str = ""
    phone: str = ""
    country: str = ""
    city: str = ""
    postal_code: str = ""
    line1: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The supplier has taken the order, under its own number."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The supplier refuses for good; `code` says why (`out_of_stock`, `unknown_sku`, `undeliverable`, ...)."""

    code: str


@dataclass(frozen=True, slots=True)
class Retryable:
    """Nothing has happened at the supplier's; the same request may be sent again after `after_s` seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Pending:
    """The supplier has the request and has not decided; ask for its status after `after_s` seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may or may not have arrived. Only `status` or a callback can tell; never release, never re-order."""


Outcome = Accepted | Rejected | Retryable | Pending | Unknown


class SupplierGateway(Protocol):
    """A supplier that takes orders. It never raises for what a network or a supplier can do: that is an Outcome."""

    def confirm(self, ctx: SupplierAccess, client_ref: str, lines: Sequence[SupplierLine], address: Address) -> Outcome:
        """Order these lines under our reference. The same reference never orders twice, however often it is sent."""
        ...

    def status(self, ctx: SupplierAccess, client_ref: str) -> Outcome:
        """What became of our reference. Retryable: the supplier has never seen it, so `confirm` may be sent again."""
        ...
