"""The stand-in for Stripe as a process that can be killed and started again; and an address for its events."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx

from coalition.kernel.config import ROOT, PaymentAccess
from coalition.kernel.embedded import free_port


class StandIn:
    """One stand-in process."""

    def __init__(self, folder: Path, webhook_url: str = "http://127.0.0.1:9/") -> None:
        self.folder, self.port, self.webhook_url = folder, free_port(), webhook_url
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()
        kept = json.loads((folder / "secrets.json").read_text())
        self.access = PaymentAccess(kept["key"], kept["webhook_secret"], self.url, self.url)

    def start(self) -> None:
        """Start it, or start it again with everything it knew."""
        options = ["--port", str(self.port), "--webhook-url", self.webhook_url, "--state-dir", str(self.folder)]
        self.process = subprocess.Popen([sys.executable, "-m", "integrations.payments.fake", *options], cwd=ROOT)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.url}/healthz").raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise TimeoutError("the stand-in does not start")

    def kill(self) -> None:
        """A power cut."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """A proper end."""
        self.process.terminate()
        assert self.process.wait(10) == 0

    def book(self) -> dict[str, Any]:
        """Everything it knows."""
        return dict(httpx.get(f"{self.url}/control/book").json())

    def settings(self, **values: object) -> None:
        """Turn its controls."""
        httpx.put(f"{self.url}/control/settings", json=values).raise_for_status()

    def answer_next(self, answer: str, path: str = "/v1/", times: int = 1) -> None:
        """How the next requests whose path holds `path` are answered."""
        wish = {"answer": answer, "path": path, "times": times}
        httpx.post(f"{self.url}/control/next", json=wish).raise_for_status()

    def control(self, what: str, **body: object) -> None:
        """`pay/cs_...`, `expire/cs_...`, `lapse/pi_...`, `forget-keys`."""
        httpx.post(f"{self.url}/control/{what}", json=body).raise_for_status()


class Mailbox:
    """Where events arrive: bodies with their headers, refused as long as `closed`."""

    def __init__(self) -> None:
        self.received: list[tuple[Mapping[str, str], bytes]] = []
        self.closed = False
        box = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not box.closed:
                    box.received.append((dict(self.headers), body))
                self.send_response(503 if box.closed else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_for(self, count: int) -> list[tuple[Mapping[str, str], bytes]]:
        """The events, once there are so many."""
        deadline = time.monotonic() + 10
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.received
