"""One request to a supplier, and what came back: an answer, or a silence of which we know whether anything was sent.

The transport decides the one thing that matters. Until the request may have left us nothing has happened there
(`Retryable`); afterwards, without a readable answer, only the supplier knows (`Unknown`). Nothing is raised.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from catalog.ports import Caps, Retryable, SupplierAccess, Unknown
from integrations.signed import seconds
from integrations.tls import trusted

_AGAIN_S, _NOT_ADMITTED_S = 5.0, 60.0
_PAUSE_S = 0.2  # added to what a limiter asks to wait
_MOST_BYTES = 2_000_000
_CONNECT_S = 3.0
_TIMEOUTS_S = {"quote": 10.0, "reserve": 15.0, "confirm": 30.0, "cancel": 30.0}
_TIMEOUT_S = 10.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. `path` is below the supplier's root; `cart` is what takes one call at a time; for a follow-up
    `patience_s` is how long the limiter may keep us waiting."""

    operation: str
    ref: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    cart: str = ""
    patience_s: float = 0.0

    @property
    def text(self) -> str:
        """The body as it is sent and signed."""
        return json.dumps(self.body) if self.body is not None else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; status 0 is no answer, and then `sent` says whether the request may have arrived."""

    status: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    sent: bool = True
    after_s: float = 0.0

    @property
    def failure(self) -> Retryable | Unknown | None:
        """What it means if the supplier has neither done nor refused anything; None if it has."""
        if self.status == 0:
            return Unknown() if self.sent else Retryable(self.after_s)
        if self.status in (429, 503):
            return Retryable(self.after_s)
        if self.status in (401, 403):
            return Retryable(_NOT_ADMITTED_S)
        return Unknown() if self.status >= 500 or not self.status >= 200 else None

    @property
    def good(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its reply, for the log and the circuit breaker."""

    request: Request
    reply: Reply
    answer: bytes
    took_ms: int


class Guard(Protocol):
    """Who lets requests out: the limits of each supplier, and the log of what was said."""

    def admit(self, ctx: SupplierAccess, caps: Caps, cart: str) -> str | float:
        """A ticket for one request, or in how many seconds to come again."""
        ...

    def done(self, ctx: SupplierAccess, ticket: str, exchange: Exchange) -> None:
        """The request is over."""
        ...


class Unguarded:
    """Lets everything out and writes nothing down."""

    def admit(self, ctx: SupplierAccess, caps: Caps, cart: str) -> str | float:
        """Always."""
        return ""

    def done(self, ctx: SupplierAccess, ticket: str, exchange: Exchange) -> None:
        """Nothing."""


Authorize = Callable[[SupplierAccess, Request], Mapping[str, str]]


class Wire:
    """An HTTP client for one kind of supplier; it follows nobody elsewhere and uses no proxy of the environment."""

    def __init__(self, authorize: Authorize, client: httpx.Client | None = None, guard: Guard | None = None) -> None:
        self._authorize = authorize
        self._patient = client is None
        self._client = client or httpx.Client(verify=trusted(), trust_env=False, follow_redirects=False)
        self._guard = guard or Unguarded()

    def ask(self, ctx: SupplierAccess, caps: Caps, request: Request) -> Reply:
        """Send one request, if the supplier's limits let it out."""
        ticket = self._admitted(ctx, caps, request)
        if isinstance(ticket, float):
            return Reply(0, sent=False, after_s=ticket)
        started = time.monotonic()
        reply, content = self._send(ctx, request)
        took_ms = round((time.monotonic() - started) * 1000)
        try:
            self._guard.done(ctx, ticket, Exchange(request, reply, content, took_ms))
        except Exception:  # what the supplier has done is done, whether we can write it down or not
            _log.exception("a request to %s could not be written down", ctx.code)
        return reply

    def _admitted(self, ctx: SupplierAccess, caps: Caps, request: Request) -> str | float:
        patience_s = request.patience_s
        while True:
            try:
                ticket = self._guard.admit(ctx, caps, request.cart)
            except Exception:  # nothing was sent yet
                _log.exception("a request to %s could not be admitted", ctx.code)
                return _AGAIN_S
            if isinstance(ticket, str) or ticket > patience_s:
                return ticket
            time.sleep(ticket + _PAUSE_S)
            patience_s -= ticket + _PAUSE_S

    def _send(self, ctx: SupplierAccess, request: Request) -> tuple[Reply, bytes]:
        timeout = timeout_of(request.operation) if self._patient else self._client.timeout
        until = time.monotonic() + (timeout.read or _TIMEOUT_S)
        try:
            prepared = self._client.build_request(
                request.method,
                f"{ctx.base_url}{request.path}",
                content=request.text.encode() or None,
                headers={"Content-Type": "application/json", **self._authorize(ctx, request)},
                timeout=timeout,
            )
        except Exception:  # an address or a secret of which no request can be made
            _log.exception("no request to %s can be made", ctx.code)
            return Reply(0, sent=False, after_s=_NOT_ADMITTED_S), b""
        try:
            answer = self._client.send(prepared, stream=True)
            content = _content(answer, until)
        except _NEVER_SENT:
            return Reply(0, sent=False, after_s=_AGAIN_S), b""
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError):
            return Reply(0), b""
        return Reply(answer.status_code, _facts(content), after_s=seconds(answer.headers.get("Retry-After"))), content


def timeout_of(operation: str) -> httpx.Timeout:
    """How long one request of a kind may take: to connect, and then for each piece of its answer."""
    return httpx.Timeout(_TIMEOUTS_S.get(operation, _TIMEOUT_S), connect=_CONNECT_S, pool=_CONNECT_S)


def _content(answer: httpx.Response, until: float) -> bytes:
    """All of the answer. Raises ValueError for one that is too long, or comes in drops until its time is over."""
    try:
        content = bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > _MOST_BYTES or time.monotonic() > until:
                raise ValueError("the answer is too long, or too slow, to be one")
        return bytes(content)
    finally:
        answer.close()


def _facts(content: bytes) -> Mapping[str, Any]:
    try:
        facts = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}
