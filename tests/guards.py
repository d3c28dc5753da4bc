"""Switching a guard off in a database of the test's own, for negative controls: without it, the test must go red.

Each function takes the owner's URL of a clone (`fresh_database.owner_url`); the template is never touched.
"""

from __future__ import annotations

import psycopg

_UNLOCK = """
    DO $$ DECLARE f record; BEGIN
      FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc LIKE '%FOR NO KEY UPDATE%'
      LOOP EXECUTE regexp_replace(pg_get_functiondef(f.oid), 'FOR NO KEY UPDATE( SKIP LOCKED)?', '', 'g'); END LOOP;
    END $$"""


def without_locks(owner_url: str) -> None:
    """No function of the database locks a wallet before it reads it."""
    run(owner_url, _UNLOCK)


def without_constraint(owner_url: str, table: str, name: str) -> None:
    """A unique or check constraint of a table is gone."""
    run(owner_url, f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE")


def without_index(owner_url: str, name: str) -> None:
    """A unique index is gone."""
    run(owner_url, f"DROP INDEX {name}")


def forgetting(owner_url: str, table: str, column: str = "external_id") -> None:
    """Whatever key is written to this column is not found again: neither a look-up nor a unique index can tell."""
    run(
        owner_url,
        f"""CREATE FUNCTION forget_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN NEW.{column} := left(NEW.{column}, 20) || '~' || gen_random_uuid(); RETURN NEW; END $$""",
        f"CREATE TRIGGER forget BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION forget_{table}()",
    )


def dawdling(owner_url: str, table: str, pause_s: float = 0.01) -> None:
    """Whoever writes to this table waits a moment first, so that a gap between a look and a deed is seen. No guard."""
    run(
        owner_url,
        f"""CREATE FUNCTION dawdle_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_sleep({pause_s}); RETURN NULL; END $$""",
        f"CREATE TRIGGER dawdle BEFORE INSERT ON {table} EXECUTE FUNCTION dawdle_{table}()",
    )


def replacing(owner_url: str, function: str, old: str, new: str) -> None:
    """A function of the database with another text. AssertionError if `old` is not in it."""
    with psycopg.connect(_plain(owner_url)) as owner:
        row = owner.execute("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = %s", (function,)).fetchone()
        assert row is not None and old in row[0], (function, old)
        owner.execute(row[0].replace(old, new).encode())


def run(owner_url: str, *statements: str) -> None:
    """Statements as the owner, in one transaction."""
    with psycopg.connect(_plain(owner_url)) as owner:
        for statement in statements:
            owner.execute(statement.encode())


def _plain(owner_url: str) -> str:
    return owner_url.replace("+psycopg", "")
