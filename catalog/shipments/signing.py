"""How the callbacks of carriers and aggregators are signed, each in its sender's own way.

EasyPost and AfterShip sign the bytes of the body, Shippo the body with a time; Karrio and schema.org have no public way
of signing, so that their senders sign as ours do, by Standard Webhooks. Signatures that bear a time are good for five
minutes in both directions; the others cannot do harm twice, for a message is understood once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Mapping

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from coalition.kernel import clock

_TOLERANCE_S = 300
_MAX_ID = 200
Headers = Mapping[str, str]


def signed(vocabulary: str, secret: str, headers: Headers, body: bytes) -> bool:
    """Whether a body bears the signature that this vocabulary's sender makes with `secret`."""
    return _CHECKS.get(vocabulary, standard)(secret, _lower(headers), body)


def message_id(vocabulary: str, headers: Headers, body: bytes) -> str:
    """What tells this message from all others of its sender: its own id, or the hash of its bytes."""
    given = _lower(headers).get("webhook-id", "") if vocabulary not in _CHECKS else ""
    return given or f"sha256:{hashlib.sha256(body).hexdigest()}"


def standard(secret: str, headers: Headers, body: bytes) -> bool:
    """Whether a body is signed by Standard Webhooks with `secret` (`whsec_...`)."""
    headers = _lower(headers)
    if len(headers.get("webhook-id", "")) > _MAX_ID:
        return False
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def _easypost(secret: str, headers: Headers, body: bytes) -> bool:
    key = unicodedata.normalize("NFKD", secret).encode()
    expected = "hmac-sha256-hex=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    return _same(expected, headers.get("x-hmac-signature", ""))


def _aftership(secret: str, headers: Headers, body: bytes) -> bool:
    expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return _same(expected, headers.get("aftership-hmac-sha256", ""))


def _shippo(secret: str, headers: Headers, body: bytes) -> bool:
    given = headers.get("shippo-auth-signature", "")[:_MAX_ID]
    parts = dict(part.strip().partition("=")[::2] for part in given.split(","))
    at = parts.get("t", "")
    if not (at.isascii() and at.isdigit()) or abs(clock.now().timestamp() - int(at)) > _TOLERANCE_S:
        return False
    expected = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return _same(expected, parts.get("v1", ""))


def _lower(headers: Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())


_CHECKS: Mapping[str, Callable[[str, Headers, bytes], bool]] = {
    "easypost": _easypost,
    "aftership": _aftership,
    "shippo": _shippo,
}
