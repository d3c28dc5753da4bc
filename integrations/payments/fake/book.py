"""The stand-in's memory: a SQLite file. One transaction per deed, so that a kill at any moment leaves a whole story."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = Path(__file__).with_name("schema.sql")
Object = dict[str, Any]


class Book:
    """The file `book.sqlite` in `folder`; safe to use from several threads, one deed at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._file = sqlite3.connect(folder / "book.sqlite", check_same_thread=False, isolation_level=None)
        self._file.row_factory = sqlite3.Row
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.executescript(_SCHEMA.read_text(encoding="utf-8"))

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

    def setting(self, name: str, default: str = "") -> str:
        """A setting that survives a restart."""
        found = self.row("SELECT value FROM setting WHERE name = :name", name=name)
        return str(found["value"]) if found else default

    def set(self, **values: object) -> None:
        """Remember settings."""
        for name, value in values.items():
            self.write("INSERT OR REPLACE INTO setting VALUES (:name, :value)", name=name, value=str(value))

    def make(self, prefix: str, kind: str, body: Object, parent: str | None = None) -> Object:
        """A new object with an id of its own, `created` now."""
        made = {"id": f"{prefix}_{secrets.token_hex(12)}", "object": kind, "created": int(time.time()), **body}
        last = self.row("SELECT coalesce(max(seq), 0) AS seq FROM object")
        self.write(
            "INSERT INTO object (id, kind, seq, created, parent, body)"
            " VALUES (:id, :kind, :seq, :created, :parent, :body)",
            id=made["id"],
            kind=kind,
            seq=(last["seq"] if last else 0) + 1,
            created=made["created"],
            parent=parent,
            body=json.dumps(made),
        )
        return made

    def keep(self, changed: Object) -> Object:
        """Write an object down as it is now."""
        self.write("UPDATE object SET body = :body WHERE id = :id", id=changed["id"], body=json.dumps(changed))
        return changed

    def find(self, kind: str, number: str) -> Object | None:
        """An object of a kind by its id."""
        found = self.row("SELECT body FROM object WHERE id = :id AND kind = :kind", id=number, kind=kind)
        return dict(json.loads(found["body"])) if found else None

    def every(self, kind: str, parent: str | None = None) -> list[Object]:
        """All objects of a kind, newest first; with `parent` those that belong to it."""
        rows = self.rows(
            "SELECT body FROM object WHERE kind = :kind AND (:parent IS NULL OR parent = :parent) ORDER BY seq DESC",
            kind=kind,
            parent=parent,
        )
        return [dict(json.loads(row["body"])) for row in rows]
