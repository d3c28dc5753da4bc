"""An address at which the kit is told what happens: it takes whatever comes and keeps it for the laws to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

_LONGEST_BODY = 1_000_000


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery: its headers by lower-case name, and its body as it came."""

    headers: dict[str, str]
    body: bytes


class Listener:
    """Where deliveries arrive; `url` is how the server reaches it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.arrived: SimpleQueue[Message] = SimpleQueue()

    def wait(self, timeout_s: float) -> Message | None:
        """The next delivery, None if none comes in time."""
        try:
            return self.arrived.get(timeout=timeout_s)
        except Empty:
            return None


@contextmanager
def listening(host: str, port: int, url: str = "") -> Iterator[Listener]:
    """Listen at an address; `url` where the server reaches it by another one."""
    listener = Listener(url)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), _LONGEST_BODY))
            listener.arrived.put(Message({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is printed: the report says what came."""

    server = ThreadingHTTPServer((host, port), Handler)
    listener.url = url or f"http://{host}:{server.server_port}/"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
