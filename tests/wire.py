"""Statements as they go over the wire, counted by libpq itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from psycopg.pq.abc import PGconn


def statements(connection: PGconn, wire: Path, work: Callable[[], object]) -> tuple[int, list[str]]:
    """How many statements `work` runs on a connection, and the plain queries (BEGIN, COMMIT, SAVEPOINT) beside them."""
    with wire.open("wb") as trace:
        connection.trace(trace.fileno())
        try:
            work()
        finally:
            connection.untrace()
    lines = [line.split(b"\t") for line in wire.read_bytes().splitlines()]
    sent = [line[3:] for line in lines if len(line) > 4 and line[1] == b"F"]  # a line of an SQL text is no message
    plain = [told.decode().strip().strip('"') for kind, told, *_ in sent if kind == b"Query"]
    return sum(kind == b"Execute" for kind, *_ in sent), plain
