"""A running demo seen from outside: its facts, a partner's HTTP client, its commands and its database."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from coalition.kernel.config import ROOT

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Running:
    """A demo in its own folder."""

    var: Path
    environment: dict[str, str]
    facts: dict[str, Any]

    @property
    def base_url(self) -> str:
        """Where pages and API answer."""
        return str(self.facts["base_url"])

    def partner(self, number: int = 0) -> Partner:
        """The HTTP client of one of the demo's partners, with a token for all its scopes."""
        return Partner(self.base_url, self.facts["partners"][number])

    def flask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a `flask` command beside the running demo, as a second terminal would."""
        command = [sys.executable, "-m", "flask", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300)

    def verify(self) -> dict[str, int]:
        """Every integrity law with its count of offending rows; the laws that hold are left out."""
        done = self.flask("coalition", "verify", "--json")
        return {law["code"]: law["offending"] for law in json.loads(done.stdout)["laws"] if law["offending"]}

    def last_mail(self, recipient: str) -> str:
        """The name of the last mail that was caught for somebody; empty before the first. Later ones sort after."""
        found = re.search(rf'href="/(\d+)">[^\n]*?{re.escape(recipient)}', httpx.get(self.facts["mail_url"]).text)
        return found.group(1) if found else ""

    def mail(self, name: str) -> str:
        """The page of a caught mail."""
        return httpx.get(f"{self.facts['mail_url']}/{name}").text

    def code_after(self, name: str, recipient: str) -> str | None:
        """The code in a mail to somebody later than that of a name, once it has come."""
        last = self.last_mail(recipient)
        found = re.search(r"\b\d{6}\b", self.mail(last)) if last > name else None
        return found.group() if found else None

    def kill(self, name: str) -> None:
        """SIGKILL a process of the demo and everything it started; the demo starts it again."""
        facts = json.loads((self.var / "demo.json").read_text())
        for pid in _family(facts["processes"][name]):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


class Partner:
    """A partner's system: it signs in as its OAuth client and calls the API."""

    def __init__(self, base_url: str, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.http = httpx.Client(base_url=base_url, timeout=30)
        self.sign_in()

    def sign_in(self) -> None:
        """Take a token; again when the last one has ended."""
        answer = self.http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(self.facts["client_id"], self.facts["client_secret"]),
        )
        answer.raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **query: Any) -> httpx.Response:
        """GET under /api/v1."""
        return self.http.get(f"/api/v1{path}", params=query)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        """POST a JSON body under /api/v1."""
        return self.http.post(f"/api/v1{path}", json=body, headers=headers)


def eventually(question: Callable[[], T | None], timeout_s: float = 60) -> T:
    """Ask again until there is an answer, at most `timeout_s`; a door that is restarting counts as no answer yet."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            answer = question()
        except httpx.TransportError:
            answer = None
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"no answer within {timeout_s} s")
        time.sleep(0.2)


def _family(pid: int) -> list[int]:
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    return [pid] + [member for child in children for member in _family(int(child))]
