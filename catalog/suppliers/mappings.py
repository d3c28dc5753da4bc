"""Column mappings of suppliers' tables, saved under a name. A version is never rewritten, and a feed keeps the one it
was given until it is given another."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.suppliers.formats import TableMapping, read_mapping
from coalition.kernel import audit
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_COLUMNS = "SELECT id, name, version, definition FROM feed_mapping"
_MOST = 200


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """One version of a supplier's mapping."""

    id: int
    name: str
    version: int
    table: TableMapping


def save_mapping(supplier_id: int, name: str, definition: Mapping[str, Any]) -> SavedMapping:
    """Save a mapping under a name; the same definition again changes nothing. Raises Invalid with every wrong field."""
    if not _NAME.fullmatch(name):
        problem = FieldError("/name", "invalid", "Use small letters, digits, dots and hyphens.")
        raise Invalid("invalid", "The column mapping cannot be saved under this name.", [problem])
    read_mapping(definition)
    newest = _newest(supplier_id, name)
    if newest is not None and newest.definition == definition:
        return _saved(newest)
    row = fetch_one(
        "INSERT INTO feed_mapping (supplier_id, name, version, definition) VALUES (:supplier, :name, :version,"
        " CAST(:definition AS jsonb)) RETURNING id, name, version, definition",
        {
            "supplier": supplier_id,
            "name": name,
            "version": newest.version + 1 if newest else 1,
            "definition": json.dumps(definition),
        },
    )
    assert row is not None
    audit.record("feed_mapping.save", f"feed_mapping:{row.id}", supplier_id=supplier_id, name=name, version=row.version)
    return _saved(row)


def mapping_by_name(supplier_id: int, name: str) -> SavedMapping:
    """The newest version of a supplier's mapping. Raises Invalid `unknown_mapping`."""
    row = _newest(supplier_id, name)
    if row is None:
        problem = FieldError("/mapping", "unknown_mapping", "The supplier has saved no such mapping.")
        raise Invalid("unknown_mapping", "There is no such column mapping.", [problem])
    return _saved(row)


def mapping(mapping_id: int | None) -> TableMapping | None:
    """How a feed with this mapping is read; None for one without. Raises NotFound."""
    if mapping_id is None:
        return None
    row = fetch_one(f"{_COLUMNS} WHERE id = :id", {"id": mapping_id})
    if row is None:
        raise NotFound()
    return _saved(row).table


def mappings(supplier_id: int) -> list[SavedMapping]:
    """The newest version of each of a supplier's mappings, by name; at most 200."""
    rows = fetch_all(
        "SELECT DISTINCT ON (name) id, name, version, definition FROM feed_mapping WHERE supplier_id = :supplier"
        " ORDER BY name, version DESC LIMIT :most",
        {"supplier": supplier_id, "most": _MOST},
    )
    return [_saved(row) for row in rows]


def _newest(supplier_id: int, name: str) -> Any:
    return fetch_one(
        f"{_COLUMNS} WHERE supplier_id = :supplier AND name = :name ORDER BY version DESC LIMIT 1",
        {"supplier": supplier_id, "name": name},
    )


def _saved(row: Any) -> SavedMapping:
    return SavedMapping(row.id, row.name, row.version, read_mapping(row.definition))
