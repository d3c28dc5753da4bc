"""Column mappings of suppliers' tables, saved under a name. A version is never rewritten, and a feed keeps the one it
was given until it is given another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.suppliers.formats import TableMapping, read_mapping
from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.mappings import NAME, Shelf

_SHELF = Shelf("feed_mapping", owner="supplier_id", word="feed_mapping")


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """One version of a supplier's mapping."""

    id: int
    name: str
    version: int
    table: TableMapping


def save_mapping(supplier_id: int, name: str, definition: Mapping[str, Any]) -> SavedMapping:
    """Save a mapping under a name; the same definition again changes nothing. Raises Invalid with every wrong field.

    Locks the supplier's mappings.
    """
    if not NAME.fullmatch(name):
        problem = FieldError("/name", "invalid", "Use small letters, digits, dots and hyphens.")
        raise Invalid("invalid", "The column mapping cannot be saved under this name.", [problem])
    read_mapping(definition)
    return _saved(_SHELF.save(supplier_id, name, definition))


def mapping_by_name(supplier_id: int, name: str) -> SavedMapping:
    """The newest version of a supplier's mapping. Raises Invalid `unknown_mapping`."""
    return _saved(_SHELF.by_name(supplier_id, name))


def mapping(mapping_id: int | None) -> TableMapping | None:
    """How a feed with this mapping is read; None for one without. Raises NotFound."""
    return None if mapping_id is None else _saved(_SHELF.by_id(mapping_id)).table


def mappings(supplier_id: int) -> list[SavedMapping]:
    """The newest version of each of a supplier's mappings, by name; at most 200."""
    return [_saved(row) for row in _SHELF.of(supplier_id)]


def _saved(row: Any) -> SavedMapping:
    return SavedMapping(row.id, row.name, row.version, read_mapping(row.definition))
