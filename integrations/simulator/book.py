"""The simulator's memory: a SQLite file with the orders it has taken, what it still means to do, and what to tell us.

It is the suppliers' and carriers' own book, kept apart from ours on purpose: a test compares the two. One transaction
per deed, so that killing the process at any moment leaves a consistent story.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SHIP_AFTER, SCAN_EVERY = "ship_after_s", "scan_every_s"  # settings
_SCHEMA = Path(__file__).with_name("schema.sql")


class Book:
    """The file `book.sqlite` in `folder`; safe to use from several threads, one deed at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._file = sqlite3.connect(folder / "book.sqlite", check_same_thread=False, isolation_level=None)
        self._file.row_factory = sqlite3.Row
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.executescript(_SCHEMA.read_text(encoding="utf-8"))
        self._file.execute("INSERT OR IGNORE INTO setting VALUES ('edition', ?)", (secrets.token_hex(4),))

    @contextmanager
    def deed(self) -> Iterator[None]:
        """Everything inside happens together or not at all."""
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def write(self, sql: str, **params: Any) -> None:
        """Run one statement."""
        with self._lock:
            self._file.execute(sql, params)

    def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        """Every row of a query."""
        with self._lock:
            return [dict(row) for row in self._file.execute(sql, params).fetchall()]

    def row(self, sql: str, **params: Any) -> dict[str, Any] | None:
        """The first row of a query, or None."""
        return next(iter(self.rows(sql, **params)), None)

    def setting(self, name: str, default: str) -> str:
        """A setting that survives a restart."""
        found = self.row("SELECT value FROM setting WHERE name = :name", name=name)
        return str(found["value"]) if found else default

    def set(self, **values: object) -> None:
        """Remember settings."""
        for name, value in values.items():
            self.write("INSERT OR REPLACE INTO setting VALUES (:name, :value)", name=name, value=str(value))

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

    def sold(self, supplier: str, besides: str = "") -> dict[str, int]:
        """Pieces by article in the supplier's orders and holds that stand, but for those of one reference."""
        pieces: dict[str, int] = {}
        live = "state NOT IN ('rejected', 'released', 'expired', 'cancelled') AND client_ref <> :besides"
        for row in self.rows(f"SELECT lines FROM placed WHERE supplier = :s AND {live}", s=supplier, besides=besides):
            for line in json.loads(row["lines"]):
                pieces[line["sku"]] = pieces.get(line["sku"], 0) + line["qty"]
        return pieces
