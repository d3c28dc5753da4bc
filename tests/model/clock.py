"""A database in which a test moves the clock: `now()` of every statement and default is ours, some days ahead.

Only the test's own clone is changed. `now()` is found through the search path, so a schema before `pg_catalog` decides
what it means; functions and views are left as they are.
"""

from __future__ import annotations

import psycopg

from coalition.kernel.db import raw

_INSTALL = """
    CREATE SCHEMA moved;
    GRANT USAGE ON SCHEMA moved TO coalition_app;
    CREATE FUNCTION moved.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
      SELECT pg_catalog.now() + coalesce(current_setting('moved.days', true), '0')::int * interval '1 day' $$;
    DO $$ DECLARE d record; BEGIN
      FOR d IN SELECT c.relname, a.attname FROM pg_attrdef f JOIN pg_class c ON c.oid = f.adrelid
                 JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
                WHERE pg_get_expr(f.adbin, f.adrelid) = 'now()' LOOP
        EXECUTE format('ALTER TABLE %I ALTER %I SET DEFAULT moved.now()', d.relname, d.attname);
      END LOOP;
      EXECUTE format('ALTER DATABASE %I SET search_path = moved, public, pg_catalog', current_database());
    END $$"""


def install(owner_url: str) -> None:
    """Let the clock of this database be moved. Connections opened from now on follow it."""
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(_INSTALL)


def move_to(days: int) -> None:
    """It is now so many days later than it is, until the transaction or savepoint ends."""
    raw().execute("SELECT set_config('moved.days', %s, true)", (str(days),))
