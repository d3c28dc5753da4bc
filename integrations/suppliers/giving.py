"""Donations: nobody has to be asked. A gift is accepted at once, and settlement pays the charity.

The same reference is answered alike however often it is sent, for nothing is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from catalog.ports import Accepted, Address, Caps, Outcome, SupplierAccess, SupplierLine
from integrations.suppliers.reading import overridden
from integrations.suppliers.unable import Unable


class GivenSupplier(Unable):
    """Takes what members give."""

    def caps(self, ctx: SupplierAccess) -> Caps:
        """A gift may be sent twice and is one: our own reference names it."""
        return overridden(Caps(idempotent_create=True), ctx)

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Accept all of it."""
        return Accepted(client_ref, issued=True)

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """What was given was accepted: only what was confirmed is ever looked up."""
        return Accepted(client_ref, issued=True)
