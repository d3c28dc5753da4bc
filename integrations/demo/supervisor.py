"""`flask demo`: one process tree with everything in it, restarted where it dies, gone when we stop.

Servers and programs keep their ports while the demo runs, so a restart is invisible to the others. The facts stand in
`var/demo.json` for programs, in `var/env` for other terminals, and in `var/partner.env` for a partner's.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import click

from coalition.kernel.config import ROOT, VAR
from coalition.kernel.embedded import Child, Servers, free_port
from integrations.demo import terminal, vendors
from integrations.payments.fake.keeping import keep_secrets

SEEDED = VAR / "seed.json"  # the secrets of the seed, written when it is complete
FACTS = VAR / "demo.json"  # what programs read, written when everything answers
_PREFERRED_PORT = 8000
_READY_TIMEOUT_S = 90
_WATCH_S = 0.5
_PACE_S = "6"  # seconds between the steps of a delivery
_PAYOUT_AFTER_S = "20"  # until a payout has arrived at the bank of who is owed
_INVOICE_AFTER_S = "180"  # until who owes pays, unless somebody does before on the invoice's page
_WEB_WORKERS = 2
_WEB_THREADS = 4
_SENDER = "Coral Club <club@coral.example>"


class Demo:
    """The demo's processes and the settings they share."""

    def __init__(self, port: int | None, shopping: str) -> None:
        VAR.mkdir(exist_ok=True)
        self.shopping = shopping
        self.own_servers = "DATABASE_URL" not in os.environ
        if self.own_servers and not SEEDED.exists():
            erase()  # a seed that did not finish is started over
            VAR.mkdir(exist_ok=True)
        self.servers = Servers(VAR / "servers") if self.own_servers else None
        self.port = port or _open_port(_PREFERRED_PORT)
        self.simulator_port = _kept_port(VAR / "simulator.port")
        self.bank_port = _kept_port(VAR / "bank.port")
        self.mail_port, self.smtp_port = _kept_port(VAR / "mail.port"), _kept_port(VAR / "smtp.port")
        self.settings: dict[str, str] = {}
        self.children: dict[str, Child] = {}
        self._starters: dict[str, Callable[[], Child]] = {}

    @property
    def base_url(self) -> str:
        """Where the pages and the API are."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Bring up servers, schema, seed, web server, worker, simulator and bank; returns when all answer."""
        FACTS.unlink(missing_ok=True)
        self.settings = self._settings()
        write_private(VAR / "env", "".join(f"{name}={value}\n" for name, value in self.settings.items()))
        self._keep("simulator", self._simulator)
        self._keep("bank", self._bank)
        self._keep("mail", self._mail)
        for kind in vendors.KINDS:
            self._keep(f"vendor-{kind}", partial(self._vendor, kind))
        self._flask("db", "upgrade")
        _await(f"http://127.0.0.1:{self.simulator_port}/healthz", self.children["simulator"])
        _await(f"http://127.0.0.1:{self.bank_port}/healthz", self.children["bank"])
        _await(f"http://127.0.0.1:{self.mail_port}/healthz", self.children["mail"])
        for kind in vendors.KINDS:
            _await(f"{vendors.address(kind)}/healthz", self.children[f"vendor-{kind}"])
        if not SEEDED.exists():
            self._flask("demo-seed", self.shopping)
        self._keep("web", self._web)
        self._keep("worker", lambda: self._python("worker", "-m", "flask", "work"))
        _await(f"{self.base_url}/readyz", self.children["web"])

    def publish(self) -> dict[str, Any]:
        """Write the facts of this run to var/demo.json, whole or not at all."""
        others = {"bank_url": f"http://127.0.0.1:{self.bank_port}", "mail_url": f"http://127.0.0.1:{self.mail_port}"}
        facts = {"base_url": self.base_url, **others, **json.loads(SEEDED.read_text()), "processes": self.processes()}
        draft = FACTS.with_suffix(".new")
        write_private(draft, json.dumps(facts, indent=2, ensure_ascii=False))
        write_private(VAR / "partner.env", terminal.variables(facts))
        draft.replace(FACTS)
        return facts

    def watch(self, stopping: list[int]) -> None:
        """Restart whatever dies, until told to stop."""
        while not stopping:
            time.sleep(_WATCH_S)
            dead = [name for name, child in self.children.items() if not child.alive()]
            for name in dead if not stopping else ():
                click.echo(f"{name} died; starting it again")
                self.children[name] = self._starters[name]()
            if self._revive_servers() or dead:
                self.publish()

    def stop(self) -> None:
        """Stop everything, last started first; data stays."""
        for child in reversed(self.children.values()):
            child.stop()
        if self.servers:
            self.servers.stop()
        (VAR / "env").unlink(missing_ok=True)

    def processes(self) -> dict[str, int]:
        """The process ids, for tests that kill."""
        running = dict(self.children)
        if self.servers and self.servers.postgres and self.servers.valkey:
            running |= {"postgres": self.servers.postgres, "valkey": self.servers.valkey}
        return {name: child.process.pid for name, child in running.items()}

    def _settings(self) -> dict[str, str]:
        settings = {"COALITION_ENV": "demo", "SECRET_KEY": _secret(), "BASE_URL": self.base_url}
        settings |= {"SIMULATOR_URL": f"http://127.0.0.1:{self.simulator_port}", "WEB_THREADS": str(_WEB_THREADS)}
        settings |= {"MAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}", "MAIL_FROM": _SENDER}
        settings |= self._bank_account()
        if self.servers:
            at = self.servers.start()
            settings |= {"DATABASE_URL": at.database_url, "DATABASE_OWNER_URL": at.owner_url}
            settings |= {"REDIS_URL": at.redis_url}
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "FILES_DIR"):
            if name in os.environ:
                settings[name] = os.environ[name]
        return settings

    def _revive_servers(self) -> bool:
        if not self.servers:
            return False
        before = self.processes()
        if self.servers.postgres and not self.servers.postgres.alive():
            click.echo("postgres died; starting it again")
            self.servers.start_postgres()
        if self.servers.valkey and not self.servers.valkey.alive():
            click.echo("valkey died; starting it again")
            self.servers.start_valkey()
        return self.processes() != before

    def _keep(self, name: str, starter: Callable[[], Child]) -> None:
        self._starters[name] = starter
        self.children[name] = starter()

    def _web(self) -> Child:
        """The application is loaded once for all workers, and for those that come in a dead one's place."""
        options = ["-c", str(ROOT / "coalition" / "kernel" / "serving.py"), "-w", str(_WEB_WORKERS), "--preload"]
        return self._python("web", "-m", "gunicorn", *options, "-b", f"127.0.0.1:{self.port}", "wsgi:create_app()")

    def _simulator(self) -> Child:
        options = ["--port", str(self.simulator_port), "--callback-base", self.base_url]
        options += ["--state-dir", str(VAR / "simulator"), "--pace", os.environ.get("SIMULATOR_PACE_S", _PACE_S)]
        return self._python("simulator", "-m", "integrations.simulator", *options)

    def _vendor(self, kind: str) -> Child:
        pace = os.environ.get("SIMULATOR_PACE_S", _PACE_S)
        return self._python(f"vendor-{kind}", *vendors.arguments(kind, self.base_url, pace))

    def _bank(self) -> Child:
        """The stand-in of the payment provider, which serves the pages on which members and those who owe pay."""
        options = ["--port", str(self.bank_port), "--webhook-url", f"{self.base_url}/api/v1/payments/callbacks"]
        options += ["--payout-webhook-url", f"{self.base_url}/api/v1/payouts/stripe/callbacks"]
        options += ["--payout-after", _PAYOUT_AFTER_S, "--invoice-after", _INVOICE_AFTER_S]
        options += ["--state-dir", str(VAR / "bank"), "--multicapture"]
        return self._python("bank", "-m", "integrations.payments.fake", *options)

    def _mail(self) -> Child:
        """Where all mails of the demo end, and a page that shows them."""
        options = ["--port", str(self.mail_port), "--smtp-port", str(self.smtp_port), "--folder", str(VAR / "mail")]
        return self._python("mail", "-m", "integrations.mail", *options)

    def _bank_account(self) -> dict[str, str]:
        kept, origin = keep_secrets(VAR / "bank"), f"http://127.0.0.1:{self.bank_port}"
        account = {"STRIPE_SECRET_KEY": kept["key"], "STRIPE_WEBHOOK_SECRET": kept["webhook_secret"]}
        return {**account, "STRIPE_API_BASE": origin, "STRIPE_PAGE_ORIGIN": origin}

    def _python(self, name: str, *arguments: str) -> Child:
        return Child([sys.executable, *arguments], VAR / f"{name}.log", cwd=ROOT, env=self._environment())

    def _flask(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "flask", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._environment(), capture_output=True, text=True)
        if done.returncode:
            raise click.ClickException(f"`flask {' '.join(arguments)}` failed:\n{done.stderr[-4000:]}")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.settings}


def erase() -> None:
    """Forget the demo: its servers' data, files and facts."""
    if "DATABASE_URL" in os.environ:
        raise click.ClickException("DATABASE_URL is set: empty that database yourself; the demo erases only its own.")
    Servers(VAR / "servers").erase()
    names = ("demo.json", "partner.env", "seed.json", "env", "secret")
    for name in (*names, "simulator.port", "bank.port", "mail.port", "smtp.port"):
        (VAR / name).unlink(missing_ok=True)
    vendors.forget()
    for folder in ("simulator", "bank", "mail", "files", *vendors.FOLDERS):
        shutil.rmtree(VAR / folder, ignore_errors=True)


def stop_signal() -> list[int]:
    """A list that is empty until Ctrl-C or SIGTERM."""
    received: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    return received


def _secret() -> str:
    file = VAR / "secret"
    if not file.exists():
        write_private(file, secrets.token_urlsafe(48))
    return file.read_text()


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _kept_port(file: Path) -> int:
    """The port that suppliers' addresses in the database name: the same in every run."""
    if not file.exists():
        file.write_text(str(free_port()))
    return int(file.read_text())


def _open_port(preferred: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            return free_port()
    return preferred


def _await(url: str, child: Child) -> None:
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while time.monotonic() < deadline and child.alive():
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise click.ClickException(f"{url} does not answer; see {child.log}")
