"""The runbook of deploying, rehearsed: its roles and its database are enough for the owner to migrate."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from coalition.kernel.config import ROOT, Config
from tests.databases import drop

_NAMES = {"coalition_owner": "rehearsed_owner", "coalition_login": "rehearsed_login", "'...'": "'secret'"}
_DATABASE = "rehearsed"


@pytest.fixture
def deployed(base_config: Config) -> Iterator[str]:
    """What the runbook's superuser makes, under names of its own; the address of its owner's database."""
    told = (ROOT / "docs" / "runbooks" / "deployment.md").read_text(encoding="utf-8")
    text = told.split("```sql\n")[1].split("```")[0].replace("DATABASE coalition ", f"DATABASE {_DATABASE} ")
    for name, own in _NAMES.items():
        text = text.replace(name, own)
    roles, extensions = text.split("\\c coalition")
    server = base_config.owner_url.replace("+psycopg", "").rsplit("/", 1)[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as superuser:
        known = {name for (name,) in superuser.execute("SELECT rolname FROM pg_roles")}
        for statement in filter(str.strip, roles.split(";")):
            if statement.split()[2] not in known:
                superuser.execute(statement.encode())
    with psycopg.connect(f"{server}/{_DATABASE}", autocommit=True) as superuser:
        superuser.execute(extensions.encode())
    yield f"postgresql://rehearsed_owner:secret@{server.rsplit('@', 1)[1]}/{_DATABASE}"
    drop(f"{server}/{_DATABASE}")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as superuser:
        superuser.execute("DROP ROLE rehearsed_owner, rehearsed_login")


def test_the_roles_of_the_runbook_are_enough_to_migrate(deployed: str) -> None:
    environment = {**os.environ, "COALITION_ENV": "test", "SECRET_KEY": "x" * 48, "DATABASE_OWNER_URL": deployed}
    environment["DATABASE_URL"] = deployed.replace("rehearsed_owner", "rehearsed_login")
    environment["REDIS_URL"] = os.environ["TEST_REDIS_URL"]

    run = [sys.executable, "-m", "flask", "db", "upgrade"]
    done = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    with psycopg.connect(environment["DATABASE_URL"]) as login:
        login.execute("SET ROLE coalition_app")
        assert login.execute("SELECT count(*) FROM reporting.programs").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login.execute("DELETE FROM entry")
