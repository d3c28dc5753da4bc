"""The simulator's memory: a SQLite file with the orders it has taken, what it still means to do, and what to tell us.

It is the suppliers' and carriers' own book, kept apart from ours on purpose: a test compares the two.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from integrations.book import SqliteBook
from integrations.simulator.assortment import products_of

SHIP_AFTER, SCAN_EVERY, PILED = "ship_after_s", "scan_every_s", "piled"  # settings
_SCHEMA = Path(__file__).with_name("schema.sql")


class Book(SqliteBook):
    """The suppliers' and carriers' own book."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, _SCHEMA.read_text(encoding="utf-8"))
        self.write("INSERT OR IGNORE INTO setting VALUES ('edition', :edition)", edition=secrets.token_hex(4))

    def tell(self, path: str, sender: str, facts: Mapping[str, Any], due_at: float) -> None:
        """Put a callback into the outgoing post, signed later with the secret of `sender` (`suppliers/techport`)."""
        doubles = int(self.setting("duplicates", "0"))
        if doubles:
            self.set(duplicates=doubles - 1)
        self.write(
            "INSERT INTO message (path, sender, body, due_at, copies) VALUES (:path, :sender, :body, :due_at, :copies)",
            path=path,
            sender=sender,
            body=json.dumps(facts, ensure_ascii=False),
            due_at=due_at,
            copies=2 if doubles else 1,
        )

    def plan(self, supplier: str, client_ref: str, name: str, due_at: float) -> None:
        """Mean to do the next thing with an order."""
        self.write(
            "INSERT INTO step (supplier, client_ref, name, due_at) VALUES (:supplier, :client_ref, :name, :due_at)",
            supplier=supplier,
            client_ref=client_ref,
            name=name,
            due_at=due_at,
        )

    def left(self, supplier: str, besides: str = "") -> dict[str, int]:
        """Pieces on the supplier's shelf by article, those of one reference counted as there; the rest never ends."""
        taken = self.rows(
            "SELECT json_extract(line.value, '$.sku') AS sku, sum(json_extract(line.value, '$.qty')) AS qty"
            " FROM placed, json_each(placed.lines) AS line WHERE supplier = :supplier AND client_ref <> :besides"
            " AND placed.state NOT IN ('rejected', 'released', 'expired', 'cancelled') GROUP BY 1",
            supplier=supplier,
            besides=besides,
        )
        sold, piled = {row["sku"]: row["qty"] for row in taken}, int(self.setting(PILED, "1"))
        goods = products_of(supplier).values()
        return {one.sku: int(one.stock) * piled - sold.get(one.sku, 0) for one in goods if one.stock}
