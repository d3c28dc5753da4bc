"""Column mappings of tables, saved under a name: a version is never rewritten, and whoever was given one keeps it.

A room says what its definitions may hold; here they are numbered, found and listed. Its table has the columns `id`, one
that says whose they are, `name`, `version` and `definition`, and a version of a name but once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_COLUMNS = "id, name, version, definition"
_ONE_BY_ONE = "SELECT pg_advisory_xact_lock(hashtextextended(CAST(:one AS text), 45))"
_MOST = 200


@dataclass(frozen=True, slots=True)
class Shelf:
    """The mappings of one table: `owner` is the column that says whose they are, `word` what the trail calls one."""

    table: str
    owner: str
    word: str

    def hold(self, owner_id: int) -> None:
        """Let nobody else save a mapping of this owner until this transaction ends."""
        execute(_ONE_BY_ONE, {"one": f"{self.table}:{owner_id}"})

    def save(self, owner_id: int, name: str, definition: Mapping[str, Any]) -> Any:
        """The row of the newest version, a new one unless it has this definition. Locks the owner's mappings."""
        self.hold(owner_id)
        newest = self._newest(owner_id, name)
        if newest is not None and newest.definition == definition:
            return newest
        version = newest.version + 1 if newest else 1
        row = fetch_one(
            f"INSERT INTO {self.table} ({self.owner}, name, version, definition)"
            f" VALUES (:owner, :name, :version, CAST(:definition AS jsonb)) RETURNING {_COLUMNS}",
            {"owner": owner_id, "name": name, "version": version, "definition": json.dumps(definition)},
        )
        assert row is not None
        facts = {self.owner: owner_id, "name": name, "version": version}
        audit.record(f"{self.word}.save", f"{self.word}:{row.id}", **facts)
        return row

    def by_name(self, owner_id: int, name: str) -> Any:
        """The newest version of a mapping. Raises Invalid `unknown_mapping`."""
        row = self._newest(owner_id, name)
        if row is None:
            problem = FieldError("/mapping", "unknown_mapping", "No mapping is saved under this name.")
            raise Invalid("unknown_mapping", "There is no such column mapping.", [problem])
        return row

    def by_id(self, mapping_id: int) -> Any:
        """One version of a mapping. Raises NotFound."""
        row = fetch_one(f"SELECT {_COLUMNS} FROM {self.table} WHERE id = :id", {"id": mapping_id})
        if row is None:
            raise NotFound()
        return row

    def of(self, owner_id: int) -> Sequence[Any]:
        """The newest version of each of an owner's mappings, by name; at most 200."""
        return fetch_all(
            f"SELECT DISTINCT ON (name) {_COLUMNS} FROM {self.table} WHERE {self.owner} = :owner"
            " ORDER BY name, version DESC LIMIT :most",
            {"owner": owner_id, "most": _MOST},
        )

    def _newest(self, owner_id: int, name: str) -> Any:
        return fetch_one(
            f"SELECT {_COLUMNS} FROM {self.table} WHERE {self.owner} = :owner AND name = :name"
            " ORDER BY version DESC LIMIT 1",
            {"owner": owner_id, "name": name},
        )
