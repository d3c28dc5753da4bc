"""Our own pools of codes in a supplier's place: they answer at once, for certain, and without a network.

An order takes its codes under the stock that it has reserved (`rewards.take_codes`), so the same reference is always
answered with the same codes, and no code goes to two. Codes that were given out are not taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catalog import orders, rewards
from catalog.ports import (
    Accepted,
    Address,
    Artefact,
    Caps,
    NotFound,
    Outcome,
    Rejected,
    SupplierAccess,
    SupplierLine,
)
from coalition.kernel import errors
from coalition.kernel.db import transact
from integrations.suppliers.reading import overridden
from integrations.suppliers.unable import Unable

CAPS = Caps(idempotent_create=True, lookup_by_client_ref=True, not_found_is_final_after_s=0)
_REFUSALS = {"codes_missing": "out_of_stock", "reservation_closed": "out_of_stock"}


class PoolSupplier(Unable):
    """Orders from pools of codes."""

    def caps(self, ctx: SupplierAccess) -> Caps:
        """What our own pools can do."""
        return overridden(CAPS, ctx)

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Take the codes of every line, or of none: a pool that is short refuses the whole."""
        try:
            artefacts = transact(lambda: _codes(ctx, client_ref, rewards.take_codes))
        except errors.NotFound:
            return Rejected("unknown_sku")
        except errors.Conflict as refusal:
            return Rejected(_REFUSALS.get(refusal.code, refusal.code))
        return Accepted(client_ref, artefacts=artefacts, issued=True)

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """The codes that were taken under this reference; NotFound if none were."""
        artefacts = transact(lambda: _codes(ctx, client_ref, lambda key, _: rewards.issued_codes(key)))
        return Accepted(client_ref, artefacts=artefacts, issued=True) if artefacts else NotFound()


def _codes(ctx: SupplierAccess, client_ref: str, get: Callable[[str, int], list[str]]) -> tuple[Artefact, ...]:
    """The codes of all pieces, numbered through for each article."""
    found: list[Artefact] = []
    numbers: dict[str, int] = {}
    for line in orders.reserved(ctx.supplier_id, client_ref):
        for code in get(line.reservation_key, line.qty):
            numbers[line.sku] = numbers.get(line.sku, 0) + 1
            found.append(Artefact(line.sku, numbers[line.sku], "code", code))
    return tuple(found)
