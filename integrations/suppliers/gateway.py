"""Orders to suppliers over HTTP and JSON, signed like webhooks with the supplier's secret.

The one thing that matters here is what a failure means. Before the request may have left us, nothing has happened
(Retryable); afterwards only the supplier knows (Unknown), and nobody may order again under another reference.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import httpx
from standardwebhooks.webhooks import Webhook

from catalog.ports import (
    Accepted,
    Address,
    Outcome,
    Pending,
    Rejected,
    Retryable,
    SupplierAccess,
    SupplierLine,
    Unknown,
)
from coalition.kernel import clock

_TIMEOUT = httpx.Timeout(10.0, connect=3.0, pool=3.0)
_AGAIN_S = 5.0
_NOT_ADMITTED_S = 60.0
_LONGEST_S = 3600.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
_TAKEN = ("accepted", "shipped", "delivered")


class HttpSupplierGateway:
    """Speaks our goods protocol with any supplier that has an address and a secret."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client or httpx.Client(timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    def confirm(self, ctx: SupplierAccess, client_ref: str, lines: Sequence[SupplierLine], address: Address) -> Outcome:
        """Order these lines under our reference, once however often it is asked."""
        body = json.dumps(
            {"client_ref": client_ref, "lines": [asdict(line) for line in lines], "address": asdict(address)},
            ensure_ascii=False,
        )
        return self._ask(ctx, client_ref, "POST", f"{ctx.base_url}/orders", body)

    def status(self, ctx: SupplierAccess, client_ref: str) -> Outcome:
        """What became of our reference."""
        return self._ask(ctx, client_ref, "GET", f"{ctx.base_url}/orders/{quote(client_ref, safe='')}", "")

    def _ask(self, ctx: SupplierAccess, client_ref: str, method: str, url: str, body: str) -> Outcome:
        headers = {**_signed(ctx.secret, client_ref, body), "Content-Type": "application/json"}
        try:
            answer = self._client.request(method, url, content=body.encode() or None, headers=headers)
        except _NEVER_SENT:
            return Retryable(_AGAIN_S)
        except httpx.HTTPError:
            return Unknown()
        return _outcome(method, answer)


def _signed(secret: str, message_id: str, body: str) -> Mapping[str, str]:
    at = clock.now()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body),
    }


def _outcome(method: str, answer: httpx.Response) -> Outcome:
    facts = _facts(answer)
    if answer.status_code in (200, 201, 202):
        return _state(facts)
    if answer.status_code in (429, 503):
        return Retryable(_seconds(answer.headers.get("Retry-After")))
    if answer.status_code == 404 and method == "GET":
        return Retryable(0.0)
    if answer.status_code in (409, 422) and method == "POST":
        return Rejected(_text(facts.get("code"), 80) or "refused")
    if answer.status_code == 401:
        return Retryable(_NOT_ADMITTED_S)
    return Unknown()


def _state(facts: Mapping[str, Any]) -> Outcome:
    state, external_id = facts.get("state"), _text(facts.get("external_id"), 100)
    if state in _TAKEN and external_id:
        return Accepted(external_id)
    if state == "rejected":
        return Rejected(_text(facts.get("code"), 80) or "refused")
    if state == "pending":
        return Pending(_seconds(facts.get("poll_after_s")))
    return Unknown()


def _text(value: object, most: int) -> str:
    """A supplier's word as we can keep it, nothing for anything else: the database takes no NUL and no surrogate."""
    return value[:most] if isinstance(value, str) and value.isprintable() else ""


def _facts(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        facts = answer.json()
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _seconds(value: object) -> float:
    """A supplier's waiting time within reason: from a tenth of a second to an hour."""
    try:
        given = float(str(value))
    except ValueError:
        return _AGAIN_S
    return min(max(given, 0.1), _LONGEST_S) if math.isfinite(given) else _AGAIN_S
