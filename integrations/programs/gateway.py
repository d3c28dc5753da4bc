"""Foreign programs over HTTP and JSON, signed like webhooks with the program's secret.

What a failure means is all that matters here. Before the request may have left us, nothing has happened (NotNow);
afterwards only the foreign program knows (Unsure), and nobody may ask again under another reference.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from standardwebhooks.webhooks import Webhook

from coalition.kernel import clock
from coalition.ports import Agreed, Declined, ForeignAccess, ForeignOutcome, NotNow, Unsure

_TIMEOUT = httpx.Timeout(10.0, connect=3.0, pool=3.0)
_AGAIN_S = 5.0
_NOT_ADMITTED_S = 60.0
_LONGEST_S = 3600.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


class HttpForeignProgram:
    """Speaks our exchange protocol with any program that has an address and a secret."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client or httpx.Client(timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    def credit(self, access: ForeignAccess, ref: str, account: str, amount: int) -> ForeignOutcome:
        """Credit its member under our reference, once however often it is asked."""
        return self._post(access, ref, "credits", {"ref": ref, "account": account, "amount": amount})

    def take_back(self, access: ForeignAccess, ref: str, credit_ref: str) -> ForeignOutcome:
        """Undo an earlier credit under a reference of its own."""
        return self._post(access, ref, "reversals", {"ref": ref, "credit_ref": credit_ref})

    def status(self, access: ForeignAccess, ref: str) -> ForeignOutcome:
        """What became of our reference."""
        return self._ask(access, ref, "GET", f"{access.base_url}/operations/{quote(ref, safe='')}", "")

    def _post(self, access: ForeignAccess, ref: str, path: str, facts: Mapping[str, Any]) -> ForeignOutcome:
        return self._ask(access, ref, "POST", f"{access.base_url}/{path}", json.dumps(facts, ensure_ascii=False))

    def _ask(self, access: ForeignAccess, ref: str, method: str, url: str, body: str) -> ForeignOutcome:
        headers = {**_signed(access.secret, ref, body), "Content-Type": "application/json"}
        try:
            answer = self._client.request(method, url, content=body.encode() or None, headers=headers)
        except _NEVER_SENT:
            return NotNow(_AGAIN_S)
        except httpx.HTTPError:
            return Unsure()
        return _outcome(method, answer)


def _signed(secret: str, message_id: str, body: str) -> Mapping[str, str]:
    at = clock.now()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body),
    }


def _outcome(method: str, answer: httpx.Response) -> ForeignOutcome:
    facts = _facts(answer)
    if answer.status_code in (200, 201, 202):
        return _state(facts)
    if answer.status_code in (429, 503):
        return NotNow(_seconds(answer.headers.get("Retry-After")))
    if answer.status_code == 404 and method == "GET":
        return NotNow(0.0)
    if answer.status_code in (409, 422) and method == "POST":
        return Declined(_text(facts.get("code"), 80) or "refused")
    if answer.status_code == 401:
        return NotNow(_NOT_ADMITTED_S)
    return Unsure()


def _state(facts: Mapping[str, Any]) -> ForeignOutcome:
    state, reference = facts.get("state"), _text(facts.get("reference"), 100)
    if state == "done" and reference:
        return Agreed(reference)
    if state == "refused":
        return Declined(_text(facts.get("code"), 80) or "refused")
    if state == "pending":
        return Unsure(_seconds(facts.get("poll_after_s")))
    return Unsure()


def _text(value: object, most: int) -> str:
    """A foreign word as we can keep it, nothing for anything else: the database takes no NUL and no surrogate."""
    return value[:most] if isinstance(value, str) and value.isprintable() else ""


def _facts(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        facts = answer.json()
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _seconds(value: object) -> float:
    """A waiting time within reason: from a tenth of a second to an hour."""
    try:
        given = float(str(value))
    except ValueError:
        return _AGAIN_S
    return min(max(given, 0.1), _LONGEST_S) if math.isfinite(given) else _AGAIN_S
