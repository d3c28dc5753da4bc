"""Verifying suppliers' webhooks: signed by the supplier, within five minutes of now, over the bytes as they came.

What they say is kept and never believed: it is a reason to ask.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from catalog.ports import Forged, SupplierEvent
from coalition.kernel import clock
from integrations.suppliers.reading import mapping, moment, word

_TOLERANCE_S = 300
_INVALID, _MALFORMED = Forged("signature_invalid"), Forged("malformed")


def goods_events(secret: str, headers: Mapping[str, str], body: bytes) -> tuple[SupplierEvent, ...] | Forged:
    """News of goods: Standard Webhooks, the sender's message id is what a repetition is recognised by."""
    facts = _standard(secret, headers, body)
    event_id = word(_lower(headers).get("webhook-id"), 200)
    if isinstance(facts, Forged):
        return facts
    return _event(event_id, facts.get("type"), facts.get("client_ref"), facts.get("external_id"), facts, "occurred_at")


def giftcode_events(secret: str, headers: Mapping[str, str], body: bytes) -> tuple[SupplierEvent, ...] | Forged:
    """News of codes: Standard Webhooks around `{event, uuid, payload: {resource}}`."""
    facts = _standard(secret, headers, body)
    if isinstance(facts, Forged):
        return facts
    about = mapping(mapping(facts.get("payload")).get("resource"))
    return _event(
        facts.get("uuid"), facts.get("event"), about.get("external_id"), about.get("id"), facts, "created_utc"
    )


def event_events(secret: str, headers: Mapping[str, str], body: bytes) -> tuple[SupplierEvent, ...] | Forged:
    """News of carts: Standard Webhooks around `{id, type, cart_id, reference}`."""
    facts = _standard(secret, headers, body)
    if isinstance(facts, Forged):
        return facts
    return _event(
        facts.get("id"), facts.get("type"), facts.get("reference"), facts.get("cart_id"), facts, "occurred_at"
    )


def flight_events(secret: str, headers: Mapping[str, str], body: bytes) -> tuple[SupplierEvent, ...] | Forged:
    """News of flights: `X-Signature: t=<seconds>,v1=<HMAC-SHA256 of "t.body">`, as Duffel signs."""
    if not _stamped(secret, _lower(headers).get("x-signature", ""), body):
        return _INVALID
    facts = _object(body)
    about = mapping(mapping(mapping(facts).get("data")).get("object"))
    ref = mapping(about.get("metadata")).get("client_ref")
    return _event(mapping(facts).get("id"), mapping(facts).get("type"), ref, about.get("id"), facts, "created_at")


def _standard(secret: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, Any] | Forged:
    try:
        Webhook(secret).verify(body, _lower(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return _INVALID
    facts = _object(body)
    return _MALFORMED if facts is None else facts


def _stamped(secret: str, signature: str, body: bytes) -> bool:
    parts = dict(part.strip().partition("=")[::2] for part in signature.split(",")[:8])
    stamp = parts.get("t", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(clock.now().timestamp() - int(stamp[:12])) > _TOLERANCE_S:
        return False
    wanted = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), parts.get("v1", "").encode(errors="replace"))


def _event(
    event_id: object, kind: object, ref: object, external_id: object, facts: Mapping[str, Any] | None, at: str
) -> tuple[SupplierEvent, ...] | Forged:
    named, what = word(event_id, 200), word(kind, 100)
    if facts is None or not named or not what:
        return _MALFORMED
    return (SupplierEvent(named, what, word(ref) or None, word(external_id) or None, moment(facts.get(at)), facts),)


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        facts = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) else None


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
