"""Counting stock: what a supplier says it has, and as of when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.rewards import incidents
from coalition.kernel import outbox
from coalition.kernel.db import AnyRow, execute, fetch_all, load_sql

_PUSHED = (
    "SELECT o.offer_id, g.quantity, o.safety_stock"
    " FROM unnest(CAST(:skus AS text[]), CAST(:quantities AS int[])) AS g (sku, quantity)"
    " JOIN supplier_offers o ON o.supplier_id = :supplier_id AND o.supplier_sku = g.sku"
    " WHERE o.stock_at IS NULL OR o.stock_at <= :snapshot_at"
)
_FED = "SELECT offer_id, quantity, safety_stock FROM feed_run_stock WHERE run_id = :run_id"


@dataclass(frozen=True, slots=True)
class StockApplied:
    """What became of a snapshot: rows applied, rows ignored because a newer snapshot is known, and unknown articles."""

    applied: int
    outdated: int
    unknown_skus: Sequence[str]


def apply_stock(supplier_id: int, snapshot_at: dt.datetime, counts: Sequence[tuple[str, int]]) -> StockApplied:
    """Take over a supplier's count of (article, pieces) as of `snapshot_at`. Each article may stand there once."""
    skus = [sku for sku, _ in counts]
    params = {"supplier_id": supplier_id, "skus": skus, "quantities": [quantity for _, quantity in counts]}
    known = fetch_all(
        "SELECT offer_id, supplier_sku FROM supplier_offers WHERE supplier_id = :supplier_id"
        " AND supplier_sku = ANY(:skus)",
        params,
    )
    applied = _apply(_PUSHED, snapshot_at, params, every=True)
    unknown = set(skus) - {row.supplier_sku for row in known}
    return StockApplied(applied, len(known) - applied, sorted(unknown))


def apply_feed_stock(run_id: int, snapshot_at: dt.datetime, *, every: bool = False) -> int:
    """Take over the counts of a feed run that is being applied; the number of offers of which the count is another.

    `every`: note the same count, too, as made now; for a feed that is not the one that brings the offers (whose age the
    offers know by themselves).
    """
    return _apply(_FED, snapshot_at, {"run_id": run_id}, every=every)


def _apply(source: str, snapshot_at: dt.datetime, params: Mapping[str, Any], *, every: bool) -> int:
    said = load_sql(__file__, "stock_said.sql").replace("{source}", source)
    given = {**params, "snapshot_at": snapshot_at}
    differing = load_sql(__file__, "stock_differing.sql").replace("{said}", said)
    offers = [row.offer_id for row in fetch_all(differing, given | {"every": every})]
    fresh = execute(load_sql(__file__, "stock_new.sql").replace("{said}", said), given)
    rows = _change(said, given | {"offers": offers}) if offers else []
    short = [row.offer_id for row in rows if row.oversold_qty > 0]
    if short:
        incidents.open_shortfalls(short)
        payload = {"offers": short[:100], "snapshot_at": snapshot_at.isoformat()}
        outbox.publish("stock.shortfall", payload, key=f"offer:{short[0]}")
    incidents.close_shortfalls()
    return fresh + len(rows)


def _change(said: str, given: Mapping[str, Any]) -> Sequence[AnyRow]:
    """Lock the stock of the offers in their order, then set it to what is said of it as it is now."""
    execute("SELECT 1 FROM stock WHERE offer_id = ANY(:offers) ORDER BY offer_id FOR UPDATE", given)
    return fetch_all(load_sql(__file__, "stock.sql").replace("{said}", said), given)
