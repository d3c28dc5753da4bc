"""Points of another program as rewards: the way by which members exchange points serves their orders, too.

The program credits its member once under our reference, however often it is asked, and says what became of one. What
it has credited stays there: an order of points is not taken back.
"""

from __future__ import annotations

from collections.abc import Sequence

from catalog.ports import (
    Accepted,
    Address,
    Caps,
    NotFound,
    Outcome,
    Pending,
    Rejected,
    Retryable,
    SupplierAccess,
    SupplierLine,
    Unknown,
)
from coalition.kernel import ports
from coalition.ports import Agreed, Declined, ForeignAccess, ForeignOutcome, ForeignProgram, NotNow
from integrations.suppliers.reading import overridden
from integrations.suppliers.unable import Unable

CAPS = Caps(idempotent_create=True, lookup_by_client_ref=True, not_found_is_final_after_s=120)


class ProgramSupplier(Unable):
    """Orders points of another program for a member's account there."""

    def caps(self, ctx: SupplierAccess) -> Caps:
        """What other programs can do."""
        return overridden(CAPS, ctx)

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Credit the account that the buyer named with the points of all lines together."""
        units = sum(line.qty * int(line.details["units"]) for line in lines)
        return _read(ports.get(ForeignProgram).credit(_access(ctx), client_ref, address.account, units))

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """What became of the credit."""
        answer = ports.get(ForeignProgram).status(_access(ctx), client_ref)
        return NotFound() if isinstance(answer, NotNow) else _read(answer)


def _access(ctx: SupplierAccess) -> ForeignAccess:
    return ForeignAccess(ctx.code, ctx.base_url, ctx.secret)


def _read(answer: ForeignOutcome) -> Outcome:
    match answer:
        case Agreed(reference):
            return Accepted(reference, issued=True)
        case Declined(code):
            return Rejected(code)
        case NotNow(after_s):
            return Retryable(after_s)
        case _:
            return Pending(answer.after_s) if answer.after_s else Unknown()
