"""The memory of a stand-in: a SQLite file. One transaction per deed, so that a kill at any moment leaves a whole story.

Each stand-in (the payment provider's, the suppliers' simulator) keeps a book of its own, apart from ours on purpose: a
test compares the two.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class SqliteBook:
    """The file `book.sqlite` in `folder`; safe to use from several threads, one deed at a time.

    `schema` is a script that may be run again; it has a table `setting (name, value)`.
    """

    def __init__(self, folder: Path, schema: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._file = sqlite3.connect(folder / "book.sqlite", check_same_thread=False, isolation_level=None)
        self._file.row_factory = sqlite3.Row
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.executescript(schema)

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
