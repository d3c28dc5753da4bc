"""The tests' ground: one PostgreSQL and Valkey a run, one database a worker, one rolled-back transaction a test.

The controller starts the servers and migrates a template database; each xdist worker clones it. A test that needs
real commits or real processes asks for `fresh_database`, a clone of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher, profiles
from flask import Flask, g, request_started
from hypothesis import settings
from sqlalchemy.orm import Session

from coalition.access import users
from coalition.kernel.config import Config, load
from coalition.kernel.db import db
from coalition.kernel.embedded import Servers
from coalition.site import signin
from tests.bindings import kept
from tests.databases import clone, drop, servers_home, template_url
from tests.scheduling import JOURNEYS, Scopes
from tests.served import Served, a_served_shop

ROOT = Path(__file__).resolve().parents[1]
# What takes a process longest begins first, so that the others do not wait for it at the end.
_LONGEST = (JOURNEYS, "tests/model/test_machine.py", "tests/walls/")
_servers: list[Servers] = []
# The processes that tests start keep their byte code: without it each compiles a thousand modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
settings.register_profile("coalition", deadline=None)  # a slow machine fails no test
settings.load_profile("coalition")
# Real hashes, but not for a sixth of a second each: hundreds of tests sign in.
users._hasher = PasswordHasher.from_parameters(profiles.CHEAPEST)
signin._SECURITY["SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS"] = {
    f"argon2__{name}": getattr(profiles.CHEAPEST, name) for name in ("time_cost", "memory_cost", "parallelism")
}


def pytest_configure(config: pytest.Config) -> None:
    """In the controller alone: start the servers and prepare the template database."""
    if hasattr(config, "workerinput") or "TEST_OWNER_URL" in os.environ:
        return
    servers = Servers(servers_home("coalition-test-"), durable=False)
    _servers.append(servers)
    addresses = servers.start()
    os.environ["TEST_DATABASE_URL"] = addresses.database_url
    os.environ["TEST_OWNER_URL"] = addresses.owner_url
    os.environ["TEST_REDIS_URL"] = addresses.redis_url
    with psycopg.connect(addresses.owner_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE coalition_template")
    environment = {**os.environ, **_environment(template_url())}
    migrated = subprocess.run(
        [sys.executable, "-m", "flask", "db", "upgrade"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if migrated.returncode:
        pytest.exit(f"the migrations failed:\n{migrated.stderr}", returncode=3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first, everything else in its order."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scopes | None:
    """The scopes that tests are handed out by, where they are handed out by scopes."""
    return Scopes(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_unconfigure() -> None:
    """Stop what `pytest_configure` started."""
    for servers in _servers:
        servers.stop()
        servers.erase()
    _servers.clear()


def _environment(database_url: str) -> dict[str, str]:
    name = database_url.rsplit("/", 1)[1]
    return {
        "COALITION_ENV": "test",
        "SECRET_KEY": "an-unguessable-key-for-the-tests-0123456789",
        "DATABASE_URL": os.environ["TEST_DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}",
        "DATABASE_OWNER_URL": database_url,
        "REDIS_URL": os.environ["TEST_REDIS_URL"],
        "TOKEN_RATE": "off",  # races ask for more than a client in life does
        "TOKEN_ADDRESS_RATE": "off",  # all of a run come from one address
    }


@pytest.fixture(scope="session")
def base_config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """The configuration of this worker, on its own clone of the template."""
    url = clone(f"worker_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    yield replace(load(_environment(url)), files_dir=tmp_path_factory.mktemp("files"))
    drop(url)


@pytest.fixture(scope="session")
def application(base_config: Config) -> Flask:
    """The application on this worker's database."""
    from wsgi import create_app

    app = create_app(base_config)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


@pytest.fixture(scope="session")
def served(base_config: Config) -> Iterator[Served]:
    """A server behind a socket, shared by all clients of this worker, who bring their own numbers."""
    with a_served_shop(base_config) as shop:
        yield shop


@pytest.fixture
def app(application: Flask) -> Iterator[Flask]:
    """The application inside one transaction that is rolled back after the test; `transact` makes savepoints.

    Ports that the test binds are bound as before after it.

    The test's context stays open around its requests, so each request starts with an empty `g`, as it does in life.
    """
    empty = request_started.connected_to(lambda *_, **__: g.__dict__.clear(), application)
    with application.app_context(), kept(application), empty:
        engines = db.engines
        engine = engines[None]
        connection = engine.connect()
        outer = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        try:
            yield application
        finally:
            db.session.remove()
            outer.rollback()
            connection.close()
            engines[None] = engine


@pytest.fixture
def session(app: Flask) -> Session:
    """The session of the test's transaction."""
    return db.session()


@pytest.fixture
def fresh_database(base_config: Config, tmp_path: Path) -> Iterator[Config]:
    """A database of one's own with real commits: for real processes, threads and crashes."""
    url = clone(f"fresh_{os.getpid()}_{abs(hash(tmp_path)) % 10**8}")
    yield replace(load(_environment(url)), files_dir=tmp_path / "files")
    drop(url)


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A folder that other users may enter, too (a PostgreSQL that root starts runs as nobody)."""
    folder = Path(tempfile.mkdtemp(prefix="coalition-scratch-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
