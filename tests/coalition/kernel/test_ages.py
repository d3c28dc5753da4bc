"""What is forgotten is found by its age also where new rows have taken the room of forgotten ones (ADR 18)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from coalition.kernel import cleaning, request_log
from coalition.kernel.config import Config
from coalition.kernel.db import db, fetch_one, transact

ROWS, STEP = 4_000, 50
_KEYS = """
    INSERT INTO idempotency (client_id, key, request_hash, status, body, created_at)
    SELECT 1, :days || '-' || n, '', 201, jsonb_build_object('told', repeat('x', 700)), now() - interval ':days days'
      FROM generate_series(1, :rows) n"""
_REQUESTS = """
    INSERT INTO request_log (at, client_id, method, path, status, pointers, took_ms, request_id, replayed)
    SELECT now() - interval ':days days', 1, 'POST', '/x', 422, repeat('x', 700), 1, 'r', false
      FROM generate_series(1, :rows) n"""
_LOOKED_AT = "SELECT pg_stat_get_xact_blocks_fetched(CAST(:name AS regclass))"  # what this session has not told yet


@pytest.fixture
def owner(fresh_database: Config) -> Iterator[psycopg.Connection]:
    """The owner of a database with the application in it: whoever tends tables is no application."""
    from wsgi import create_app

    url = fresh_database.owner_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection, create_app(fresh_database).app_context():
        yield connection
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    ("table", "insert", "clear"),
    [("idempotency", _KEYS, cleaning.clear_keys), ("request_log", _REQUESTS, request_log.clear_old)],
)
def test_a_step_reads_what_it_removes_and_not_the_table(
    owner: psycopg.Connection, table: str, insert: str, clear: Callable[[int], int]
) -> None:
    for days in (45, 40):
        owner.execute(insert.replace(":days", str(days)).replace(":rows", str(ROWS)).encode())
    _tend(owner, table)
    while transact(lambda: clear(ROWS // 2)) and _old(owner, table) > ROWS:  # the oldest half
        pass
    _tend(owner, table)
    owner.execute(insert.replace(":days", "1").replace(":rows", str(ROWS)).encode())  # into the room that it leaves
    _tend(owner, table)

    def step() -> tuple[int, int]:
        before = _looked_at(table)
        return clear(STEP), _looked_at(table) - before

    removed, looked_at = transact(step)

    assert removed == STEP
    assert STEP // 10 < looked_at < 4 * STEP, "a step looks through the table"


def _tend(owner: psycopg.Connection, table: str) -> None:
    owner.execute(f"VACUUM ANALYZE {table}".encode())


def _old(owner: psycopg.Connection, table: str) -> int:
    column = "at" if table == "request_log" else "created_at"
    row = owner.execute(f"SELECT count(*) FROM {table} WHERE {column} < now() - interval '30 days'".encode()).fetchone()
    return int(row[0]) if row else 0


def _looked_at(table: str) -> int:
    """How many pages of the table this session has looked at."""
    row = fetch_one(_LOOKED_AT, {"name": table})
    assert row is not None
    return int(row[0])
