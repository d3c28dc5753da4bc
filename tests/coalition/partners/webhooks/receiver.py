"""A partner's own server: it receives webhooks on loopback, verifies them as a stranger would, and may be unwilling."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body."""
        return dict(json.loads(self.body))

    def verified_with(self, secret: str) -> dict[str, Any]:
        """What the library of Standard Webhooks makes of it with this secret. Raises its error for a forgery."""
        return dict(Webhook(secret).verify(self.body, self.headers))


@dataclass
class Receiver:
    """Where requests arrive; `answer` says how each is answered: (status, headers, body)."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], tuple[int, dict[str, str], bytes]] = lambda _: (204, {}, b"")

    def refuse(self, status: int = 500, **headers: str) -> None:
        """Answer with this status from now on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda _: (status, named, b"no")

    def accept(self) -> None:
        """Take everything again."""
        self.answer = lambda _: (204, {}, b"")

    def told(self) -> list[tuple[str, int]]:
        """The type and the number of each, in the order in which they came."""
        return [(one.json["type"], one.json["sequence"]) for one in self.received]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that runs."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            one = Received({name.lower(): value for name, value in self.headers.items()}, body)
            receiver.received.append(one)
            status, headers, content = receiver.answer(one)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks?shop=7"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
