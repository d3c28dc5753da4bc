"""The stand-in's memory: objects as JSON in a SQLite file."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any

from integrations.book import SqliteBook

_SCHEMA = Path(__file__).with_name("schema.sql")
Object = dict[str, Any]


class Book(SqliteBook):
    """The stand-in's objects, in Stripe's shapes, and its outgoing post."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, _SCHEMA.read_text(encoding="utf-8"))

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
