"""Asking Stripe through the vendor's SDK, and what its answer, or its silence, means; reading its signed events.

What the SDK raises becomes an answer: before the request can have left us nothing has happened (`Retryable`),
afterwards only Stripe knows (`Unknown`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx
import stripe

from catalog.ports import Rejected, Retryable, Unknown
from coalition.kernel import clock
from coalition.kernel.config import PaymentAccess

T = TypeVar("T")
TIMEOUT = httpx.Timeout(10.0, connect=3.0, pool=3.0)
_TOLERANCE_S = 300
_BUSY_S = 5.0
_NOT_ADMITTED_S = 60.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
_IN_USE = 409


def client(access: PaymentAccess, timeout: httpx.Timeout) -> stripe.StripeClient:
    """The vendor's client. It repeats a request once by itself, under the same idempotency key."""
    return stripe.StripeClient(
        access.key,
        base_addresses={"api": access.api_base},
        http_client=stripe.HTTPXClient(timeout=timeout, allow_sync_methods=True),
        max_network_retries=1,
    )


def verified(headers: Mapping[str, str], body: bytes, secret: str) -> Any:
    """The content of a message that bears our endpoint's signature, None for others; one from the future is refused.

    Raises ValueError or RecursionError for a signed body that is no JSON.
    """
    header = headers.get("Stripe-Signature", "")
    try:
        stripe.WebhookSignature.verify_header(body.decode(), header, secret, _TOLERANCE_S)
        signed_at, _ = stripe.WebhookSignature._get_timestamp_and_signatures(header, "v1")
        if signed_at > clock.now().timestamp() + _TOLERANCE_S:  # the SDK looks at the past alone
            return None
    except (stripe.SignatureVerificationError, IndexError, OverflowError):
        return None
    return json.loads(body)


def answer(work: Callable[[], T]) -> T | Rejected | Retryable | Unknown:
    """What came of a call of the SDK."""
    try:
        return work()
    except stripe.RateLimitError:
        return Retryable(_BUSY_S)
    except (stripe.AuthenticationError, stripe.PermissionError):
        return Retryable(_NOT_ADMITTED_S)
    except stripe.APIConnectionError as error:
        return Retryable(_BUSY_S) if isinstance(error.__cause__, _NEVER_SENT) else Unknown()
    except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        return Rejected(_code(error))
    except stripe.APIError as error:
        return Retryable(_BUSY_S) if error.http_status == _IN_USE else Unknown()
    except (AttributeError, KeyError, TypeError, ValueError):
        return Unknown()  # an answer that is not Stripe's


def _code(error: Any) -> str:
    """Stripe's own word for a refusal."""
    facts = getattr(error, "json_body", None)
    said = facts.get("error", {}) if isinstance(facts, dict) else {}
    code = said.get("decline_code") or said.get("code") or said.get("type")
    return code[:80] if isinstance(code, str) and code.isprintable() else "refused"
