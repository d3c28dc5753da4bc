"""Rewards that are codes of our own pools: nobody is asked, they are issued in one transaction, by the same states."""

from __future__ import annotations

from catalog import rewards
from catalog.orders.moving import Locked, move
from catalog.orders.supplying.answering import accept
from catalog.orders.supplying.lines import OpenLine, open_lines
from catalog.orders.supplying.releasing import refuse
from catalog.ports import Accepted, Artefact
from coalition.kernel.db import session
from coalition.kernel.errors import Conflict

POOL = "pool"


def serve(consignment: Locked) -> None:
    """Take the codes for a `reserved` consignment and issue them; if the pool is short after all, it is rejected."""
    consignment = move(consignment, ["confirming"])
    try:
        with session().begin_nested():
            codes = tuple(one for line in open_lines(consignment.id) for one in _codes(line))
    except Conflict as refusal:
        refuse(consignment, "rejected", refusal.code, by_supplier=True)
        return
    accept(consignment, Accepted(consignment.client_ref, artefacts=codes, issued=True))


def _codes(line: OpenLine) -> list[Artefact]:
    taken = rewards.take_codes(line.reservation_key, line.qty)
    return [Artefact(line.supplier_sku, unit_no, "code", code) for unit_no, code in enumerate(taken, 1)]
