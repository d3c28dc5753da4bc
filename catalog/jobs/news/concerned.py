"""Whom an order concerns: the operator and who ordered know the order, a supplier's partner only its consignments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from catalog import orders, suppliers
from coalition import partners
from coalition.kernel import ids


class Concerned:
    """Looks up each operator and supplier once."""

    def __init__(self) -> None:
        self.operator = cache(lambda program_id: partners.operator(program_id).id)
        self.supplier = cache(suppliers.get)
        self.partner_of = cache(lambda supplier_id: self._partner(supplier_id))

    def by(self, told: orders.Told) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Each partner concerned with the subject and the common fields as it may know them."""
        member = ids.public("mbr", told.member_id)
        own = {"order_id": ids.public("ord", told.order_id), "external_id": told.external_id, "member_id": member}
        knowing = {self.operator(told.program_id), told.partner_id}
        for partner_id in sorted(knowing):
            yield partner_id, member, own
        if told.supplier_id is not None and told.client_ref and self.partner_of(told.supplier_id) not in knowing:
            yield self.partner_of(told.supplier_id), told.client_ref, dict.fromkeys(own)

    def consignment(self, told: orders.Told) -> dict[str, Any] | None:
        """The consignment that has changed, None where it is the order itself."""
        if told.supplier_id is None:
            return None
        return {"reference": told.client_ref, "supplier": self.supplier(told.supplier_id).code, "state": told.to_state}

    def _partner(self, supplier_id: int) -> int:
        return partners.entity(self.supplier(supplier_id).legal_entity_id).partner_id
