"""Asking another system over HTTP and JSON, signed like webhooks, and what its answer or its silence means.

The one thing that matters is whether anything can have happened there. Before the request may have left us, nothing has
(`again`); afterwards only the other side knows (`unknown`), and nobody may ask again under another reference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
from standardwebhooks.webhooks import Webhook

from coalition.kernel import clock
from integrations.tls import trusted

_TIMEOUT = httpx.Timeout(10.0, connect=3.0, pool=3.0)
_AGAIN_S = 5.0
_NOT_ADMITTED_S = 60.0
_LONGEST_S = 3600.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `told` (read `facts`), `refused` (for `code`), `again` (in `after_s` seconds), `absent` (it has
    never heard of what was asked about) or `unknown`."""

    kind: Literal["told", "refused", "again", "absent", "unknown"]
    facts: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    after_s: float = 0.0


class SignedClient:
    """An HTTP client that signs what it sends and follows nobody elsewhere."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client or httpx.Client(
            verify=trusted(), timeout=_TIMEOUT, trust_env=False, follow_redirects=False
        )

    def ask(self, secret: str, ref: str, method: str, url: str, body: str = "") -> Answer:
        """Send one request under our reference. Raises nothing that the other side or the network could cause."""
        headers = {**_signed(secret, ref, body), "Content-Type": "application/json"}
        try:
            answer = self._client.request(method, url, content=body.encode() or None, headers=headers)
        except _NEVER_SENT:
            return Answer("again", after_s=_AGAIN_S)
        except httpx.HTTPError:
            return Answer("unknown")
        return _answer(method, answer)


def text(value: object, most: int) -> str:
    """A foreign word as we can keep it, nothing for anything else: the database takes no NUL and no surrogate."""
    return value[:most] if isinstance(value, str) and value.isprintable() else ""


def seconds(value: object) -> float:
    """A foreign waiting time within reason: from a tenth of a second to an hour."""
    try:
        given = float(str(value))
    except ValueError:
        return _AGAIN_S
    return min(max(given, 0.1), _LONGEST_S) if math.isfinite(given) else _AGAIN_S


def refused(facts: Mapping[str, Any]) -> Answer:
    """A refusal in the other side's own words."""
    return Answer("refused", facts, code=text(facts.get("code"), 80) or "refused")


def _signed(secret: str, message_id: str, body: str) -> Mapping[str, str]:
    at = clock.now()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body),
    }


def _answer(method: str, answer: httpx.Response) -> Answer:
    facts = _facts(answer)
    if answer.status_code in (200, 201, 202):
        return Answer("told", facts)
    if answer.status_code in (429, 503):
        return Answer("again", after_s=seconds(answer.headers.get("Retry-After")))
    if answer.status_code == 404 and method == "GET":
        return Answer("absent")
    if answer.status_code in (409, 422) and method == "POST":
        return refused(facts)
    if answer.status_code == 401:
        return Answer("again", after_s=_NOT_ADMITTED_S)
    return Answer("unknown")


def _facts(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        facts = answer.json()
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}
