"""What suppliers' own people see of stock: what is on hand of each of their articles, and what of it is spoken for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from coalition.kernel.db import fetch_all
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

_COUNTED = """
    SELECT o.offer_id, o.supplier_id, o.supplier_sku AS sku, o.title, o.title_ru, o.orderable, s.on_hand, s.reserved,
           o.safety_stock, s.snapshot_at, EXISTS (SELECT FROM code_pool p WHERE p.offer_id = o.offer_id) AS of_codes
      FROM supplier_offers o LEFT JOIN stock s ON s.offer_id = o.offer_id
     WHERE o.supplier_id = ANY(:suppliers) AND o.offer_id > :after
       AND (CAST(:sought AS text) = '' OR o.supplier_sku = :sought OR o.title ILIKE :like OR o.title_ru ILIKE :like)
     ORDER BY o.offer_id LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class Counted:
    """An article's stock: `on_hand` less what we keep back (None: no limit, or not counted), `reserved` of it.

    `of_codes`: its stock is the codes in its pool, whatever is said.
    """

    offer_id: int
    supplier_id: int
    sku: str
    title: str
    title_ru: str | None
    orderable: bool
    on_hand: int | None
    reserved: int | None
    safety_stock: int
    snapshot_at: dt.datetime | None
    of_codes: bool

    def name(self, language: str) -> str:
        """The title in `en` or `ru`."""
        return (self.title_ru if language == "ru" else None) or self.title


def counted(supplier_ids: Collection[int], sought: str, cursor: str | None, limit: int) -> Page[Counted]:
    """The articles of suppliers with their stock; only those of an article number or a part of a title, if one is
    sought. Raises Invalid for a foreign cursor."""
    (after,) = decode_cursor(cursor, int) or (0,)
    escaped = sought.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    params = {"suppliers": list(supplier_ids), "after": after, "sought": sought, "like": f"%{escaped}%"}
    rows = fetch_all(_COUNTED, {**params, "limit": limit + 1})
    found = [Counted(**row._mapping) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].offer_id) if len(rows) > limit else None)
