"""The rewards themselves, where they are a text: codes, tickets, links. Sealed when stored, opened when shown.

One for each unit of a line, kept for ever and never replaced: it may be shown again, and is never ordered again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from catalog.orders.moving import Locked
from catalog.ports import Artefact
from coalition.kernel import audit, sealing
from coalition.kernel.db import execute, fetch_all, fetch_one

_MOST = 5000


@dataclass(frozen=True, slots=True)
class Shown:
    """One artefact in clear, for the unit `unit_no` of a line."""

    line_no: int
    unit_no: int
    kind: str
    content: str = field(repr=False)


def keep(consignment: Locked, artefacts: Sequence[Artefact]) -> None:
    """Store what a supplier has issued, each unit once; another content for a known unit is for people to see."""
    lines = fetch_all(
        "SELECT no, supplier_sku, qty FROM order_line WHERE consignment_id = :id AND state = 'accepted' LIMIT 100",
        {"id": consignment.id},
    )
    by_sku = {line.supplier_sku: line for line in lines}
    for one in artefacts:
        line = by_sku.get(one.sku)
        if line is None or not 1 <= one.unit_no <= line.qty:
            audit.record("order.stray_artefact", f"consignment:{consignment.id}", sku=one.sku, unit_no=one.unit_no)
        elif not _store(consignment.order_id, line.no, one):
            audit.record("order.second_artefact", f"consignment:{consignment.id}", sku=one.sku, unit_no=one.unit_no)


def show(order_id: int) -> list[Shown]:
    """All artefacts of an order in clear, by line and unit. To its member, its partner, or audited staff only."""
    rows = fetch_all(
        "SELECT line_no, unit_no, kind, sealed FROM artefact WHERE order_id = :id"
        " ORDER BY line_no, unit_no LIMIT :most",
        {"id": order_id, "most": _MOST},
    )
    return [Shown(row.line_no, row.unit_no, row.kind, sealing.unseal(row.sealed)) for row in rows]


def _store(order_id: int, line_no: int, one: Artefact) -> bool:
    """False if the unit has another content already."""
    key = {"order_id": order_id, "line_no": line_no, "unit_no": one.unit_no}
    mark = sealing.mark(one.content)
    stored = execute(
        "INSERT INTO artefact (order_id, line_no, unit_no, kind, sealed, mark)"
        " VALUES (:order_id, :line_no, :unit_no, :kind, :sealed, :mark) ON CONFLICT DO NOTHING",
        {**key, "kind": one.kind, "sealed": sealing.seal(one.content), "mark": mark},
    )
    if stored:
        return True
    known = fetch_one(
        "SELECT mark FROM artefact WHERE order_id = :order_id AND line_no = :line_no AND unit_no = :unit_no", key
    )
    return known is not None and bytes(known.mark) == mark
