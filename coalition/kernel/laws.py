"""Integrity laws: sentences about the data that must always hold, each with the query that finds what offends it.

Rooms register theirs; `flask coalition verify` asks them all. A law's query answers offending rows, none when it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coalition.kernel.db import fetch_one

_sources: list[Callable[[], Sequence[Law]]] = []


@dataclass(frozen=True, slots=True)
class Law:
    """A law by its short stable code, in one sentence, with the SQL that returns the rows that break it."""

    code: str
    title: str
    sql: str


def register(source: Callable[[], Sequence[Law]]) -> None:
    """Add a room's laws to those that are verified."""
    if source not in _sources:
        _sources.append(source)


def laws() -> list[Law]:
    """Every registered law, by code."""
    return sorted((law for source in _sources for law in source()), key=lambda law: law.code)


def offending(law: Law) -> int:
    """How many rows break `law` now."""
    row = fetch_one(f"SELECT count(*) AS n FROM ({law.sql}) AS offending")
    assert row is not None
    return int(row.n)
