"""Putting offers on sale in every program that shows them, with the price in points that follows from their cost."""

from __future__ import annotations

from collections.abc import Sequence

from catalog import suppliers
from catalog.rewards import carding, wording
from catalog.rewards.categories import ARTWORKS
from coalition import programs
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql

_INDEXED_AT_ONCE = 2_000
_MOST_PROGRAMS = 1_000


def publish(supplier_id: int) -> int:
    """Put every orderable offer of the supplier in a mapped category on sale, at its price of today, wherever it is
    shown, and hide what no longer is; the number of rewards that changed. Repeating it changes nothing.

    A small change can be searched for at once; of a large one a job indexes the rest.
    """
    carding.match(supplier_id)
    changed = sum(_publish_in(supplier_id, program_id) for program_id in _shown_in(supplier_id))
    if wording.index(_INDEXED_AT_ONCE) == _INDEXED_AT_ONCE:
        jobs.enqueue("rewards.index", {}, key="")
    return changed


def republish(program_id: int) -> int:
    """Publish every supplier that the program shows or has shown, after a decision of its staff."""
    rows = fetch_all(
        "SELECT supplier_id FROM reward WHERE program_id = :program_id UNION"
        " SELECT supplier_id FROM assortment WHERE program_id = :program_id AND supplier_id IS NOT NULL"
        " ORDER BY supplier_id LIMIT :limit",
        {"program_id": program_id, "limit": _MOST_PROGRAMS},
    )
    own = {one.id for one in suppliers.list_suppliers(program_id)}
    changed = sum(
        _publish_in(supplier_id, program_id) for supplier_id in sorted(own | {row.supplier_id for row in rows})
    )
    wording.index(_INDEXED_AT_ONCE)
    return changed


def republish_offers(program_id: int, offer_ids: Sequence[int]) -> int:
    """Publish these offers in the program, after a decision about their card; the number of rewards that changed."""
    rows = fetch_all(
        "SELECT supplier_id, array_agg(offer_id ORDER BY offer_id) AS offers FROM supplier_offers"
        " WHERE offer_id = ANY (:offers) GROUP BY supplier_id ORDER BY supplier_id",
        {"offers": list(offer_ids)},
    )
    changed = sum(_publish_in(row.supplier_id, program_id, row.offers) for row in rows)
    wording.index(_INDEXED_AT_ONCE)
    return changed


def _shown_in(supplier_id: int) -> Sequence[int]:
    """The supplier's own program and every other that shows it or has shown it."""
    own = suppliers.get(supplier_id).program_id
    rows = fetch_all(
        "SELECT program_id FROM assortment WHERE supplier_id = :supplier_id UNION"
        " SELECT program_id FROM reward WHERE supplier_id = :supplier_id AND state = 'on_sale' LIMIT :limit",
        {"supplier_id": supplier_id, "limit": _MOST_PROGRAMS},
    )
    return sorted({own, *(row.program_id for row in rows)})


def _publish_in(supplier_id: int, program_id: int, only: Sequence[int] | None = None) -> int:
    program, currency = programs.get(program_id), programs.main_currency(program_id)
    params = {
        "supplier_id": supplier_id,
        "program_id": program_id,
        "own": suppliers.get(supplier_id).program_id == program_id,
        "currency_id": currency.id,
        "face_minor": currency.face_minor,
        "cost_currency": program.currency,
        "artworks": ARTWORKS,
        "only": None if only is None else list(only),
    }
    row = fetch_one(load_sql(__file__, "publish.sql"), params)
    execute(load_sql(__file__, "share.sql"), {"supplier_id": supplier_id, "program_id": program_id})
    return int(row.changed) if row else 0
