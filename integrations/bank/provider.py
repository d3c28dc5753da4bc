"""The bank as a `PayoutProvider`: it is asked by a file that finance downloads and gives to it, and answers by one.

Nothing leaves this process when a payment is asked for: `accepted` means that it belongs into the next file. Whether
money has moved only the bank's statements say, and those are read elsewhere; so a look finds nothing new, ever.
"""

from __future__ import annotations

from collections.abc import Mapping

from settlement.ports import (
    Absent,
    Accepted,
    AccountKind,
    CollectRequest,
    Look,
    Outcome,
    PayoutNews,
    PayRequest,
    Rejected,
    Request,
    Unknown,
)


class BankProvider:
    """Transfers by file. It keeps nothing: what is asked under a reference has that reference as its number."""

    name = "bank"
    kind: AccountKind = "iban"

    def collect(self, request: CollectRequest) -> Outcome:
        """Whoever owes us transfers to our account and names the reference."""
        return Accepted(request.ref)

    def pay(self, request: PayRequest) -> Outcome:
        """The transfer stands in the next file. Rejected `not_an_iban` if the account is none."""
        return Accepted(request.ref) if request.account.iban else Rejected("not_an_iban")

    def look(self, request: Request, external_id: str | None) -> Look:
        """What was asked for is there; the bank's statement has the rest."""
        return Accepted(external_id) if external_id else Absent()

    def cancel(self, request: Request, external_id: str | None, key: str) -> Outcome:
        """Unknown: the file may be at the bank already, and only its statement can tell."""
        return Unknown()

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PayoutNews | None:
        """A bank calls nobody."""
        return None
