"""Collecting what was asked and writing it down in batches, away from the requests."""

from __future__ import annotations

import atexit
import datetime as dt
import os
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any, cast

from flask import Flask, Response, current_app, g, request

from coalition.kernel import audit, clock
from coalition.kernel.copying import copy_csv, quoted
from coalition.kernel.db import transact
from coalition.kernel.logs import logger
from coalition.kernel.request_log.redacting import redacted, redacted_id, redacted_path

_COLLECTOR = "coalition.request_log"
_COLUMNS = "at, client_id, method, path, status, code, pointers, took_ms, request_id, replayed"
_EVERY_S = 1.0
_MOST_WAITING = 20_000  # beyond it the oldest are dropped: a log may not fill the memory
_POINTERS = 5
_LONGEST_CODE = 60
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A request and its answer, redacted. `code` and `pointers` are those of a refusal."""

    at: dt.datetime
    client_id: int
    method: str
    path: str
    status: int
    code: str | None
    pointers: str
    took_ms: int
    request_id: str
    replayed: bool

    def row(self) -> str:
        """The entry as a line for COPY."""
        texts = (quoted(text) for text in (self.method, self.path))
        refusal = f"{quoted(self.code)},{quoted(self.pointers)}"
        tail = f"{self.took_ms},{quoted(self.request_id)},{self.replayed}"
        return f"{self.at.isoformat()},{self.client_id},{','.join(map(str, texts))},{self.status},{refusal},{tail}"


class Collector:
    """What an application has been asked and has not yet written down; `starts` says that a thread writes it."""

    def __init__(self, app: Flask, *, starts: bool) -> None:
        self.app = app
        self.starts = starts
        self.waiting: deque[Entry] = deque(maxlen=_MOST_WAITING)
        self._writer_of = 0  # the process whose thread writes: a fork begins its own
        self._lock = Lock()

    def take(self, entry: Entry) -> None:
        """Remember an entry; costs no statement."""
        self.waiting.append(entry)
        if self.starts and self._writer_of != os.getpid():
            self._start()

    def flush(self) -> int:
        """Write down what waits, in one transaction of its own; how many entries that were."""
        found = list(self._drawn())
        if found:
            transact(lambda: copy_csv("request_log", _COLUMNS, (entry.row() for entry in found)))
        return len(found)

    def _drawn(self) -> Iterator[Entry]:
        for _ in range(len(self.waiting)):
            try:
                yield self.waiting.popleft()
            except IndexError:
                return

    def _start(self) -> None:
        with self._lock:
            if self._writer_of != os.getpid():
                self._writer_of = os.getpid()
                Thread(target=self._write, name="request-log", daemon=True).start()
                atexit.register(self._try)

    def _write(self) -> None:
        while True:
            time.sleep(_EVERY_S)
            self._try()

    def _try(self) -> None:
        """Write, or lose what waited: a log that cannot be written stops nothing."""
        try:
            with self.app.app_context():
                self.flush()
        except Exception as error:
            log.warning("request_log.lost", error=type(error).__name__)


def init_app(app: Flask, *, starts: bool) -> None:
    """Collect every request of a client that was let in; `starts`: and write them down in a thread."""
    app.extensions[_COLLECTOR] = Collector(app, starts=starts)
    app.after_request(_leave)


def collector() -> Collector:
    """The collector of this application."""
    return cast(Collector, current_app.extensions[_COLLECTOR])


def _leave(response: Response) -> Response:
    caller = g.get("caller")
    if caller is not None:
        collector().take(_entry(caller.id, response))
    return response


def _entry(client_id: int, response: Response) -> Entry:
    refusal = _refusal(response)
    pointers = ", ".join(f"{one['pointer']} {one['code']}".strip() for one in refusal.get("errors", [])[:_POINTERS])
    code = refusal.get("code")
    return Entry(
        clock.now(),
        client_id,
        request.method,
        redacted_path(request.path),
        response.status_code,
        str(code)[:_LONGEST_CODE] if code else None,
        redacted(pointers),
        round((time.perf_counter() - g.started) * 1000),
        redacted_id(audit.origin().request_id or ""),
        response.headers.get("Idempotency-Replayed") == "true",
    )


def _refusal(response: Response) -> dict[str, Any]:
    if response.status_code < 400 or not (response.mimetype or "").endswith("json"):
        return {}
    found = response.get_json(silent=True, force=True)
    return found if isinstance(found, dict) else {}
