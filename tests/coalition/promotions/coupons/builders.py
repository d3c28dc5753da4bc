"""Builders of batches of coupons. Call them inside a transaction."""

from __future__ import annotations

from typing import Any

from coalition import programs
from coalition.kernel.db import fetch_all
from coalition.promotions import coupons


def a_batch(program: programs.Program, code: str = "autumn", *, part: int = 50_000, **terms: Any) -> coupons.Batch:
    """A batch with its codes made: ten printed ones, good once each, if nothing else is said."""
    order = {"name_en": "Autumn", "name_ru": "Осень", "wanted": 10} | terms
    batch = coupons.order(program.id, coupons.Order(code, **order))
    while coupons.make_part(batch.id, part):
        pass
    return coupons.get(program.id, batch.id)


def codes_of(batch: coupons.Batch) -> list[str]:
    """Every code of a batch, the oldest first."""
    rows = fetch_all("SELECT code FROM coupon WHERE batch_id = :id ORDER BY id", {"id": batch.id})
    return [row.code for row in rows]
