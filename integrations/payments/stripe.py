"""Stripe: Checkout Sessions that reserve an amount (manual capture), taken, released and refunded later.

The SDK repeats a request once by itself, under the same idempotency key. What it raises becomes an answer: before the
request can have left us nothing has happened (`Retryable`), afterwards only Stripe knows (`Unknown`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx
import stripe

from catalog.ports import (
    PaymentAnswer,
    PaymentDone,
    PaymentList,
    PaymentNews,
    PaymentPage,
    PaymentRequest,
    PaymentState,
    Rejected,
    Retryable,
    Unknown,
)
from coalition.kernel import clock
from coalition.kernel.config import PaymentAccess
from integrations.payments.reading import news_in, of_intent, of_session

T = TypeVar("T")
_TOLERANCE_S = 300
_TIMEOUT = httpx.Timeout(10.0, connect=3.0, pool=3.0)
_BUSY_S = 5.0
_NOT_ADMITTED_S = 60.0
_PER_PAGE = 100
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
_IN_USE = 409


class StripeProvider:
    """Speaks to one Stripe account through the vendor's SDK."""

    def __init__(self, access: PaymentAccess, timeout: httpx.Timeout = _TIMEOUT) -> None:
        self._secret = access.webhook_secret
        self._origin = access.page_origin
        self._client = stripe.StripeClient(
            access.key,
            base_addresses={"api": access.api_base},
            http_client=stripe.HTTPXClient(timeout=timeout, allow_sync_methods=True),
            max_network_retries=1,
        )

    @property
    def page_origin(self) -> str:
        """Where the Checkout pages are."""
        return self._origin

    def open(self, request: PaymentRequest) -> PaymentPage | Rejected | Retryable | Unknown:
        """Create a Checkout Session of one line: the cash part of something."""
        price = {
            "currency": request.currency.lower(),
            "unit_amount": request.amount_minor,
            "product_data": {"name": request.description},
        }
        params: Any = {
            "mode": "payment",
            "client_reference_id": request.ref,
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": {"capture_method": "manual", "metadata": {"ref": request.ref}},
            "payment_method_types": ["card"],
            "payment_method_options": {"card": {"request_multicapture": "if_available"}},
            "metadata": {"ref": request.ref},
            "locale": request.locale,
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
            "expires_at": int(request.expires_at.timestamp()),
        }
        sessions = self._client.v1.checkout.sessions

        def work() -> PaymentPage | Unknown:
            made = sessions.create(params, {"idempotency_key": request.key})
            return PaymentPage(made.id, made.url) if made.url else Unknown()

        return _answer(work)

    def look(self, session_id: str | None, intent_id: str | None) -> PaymentState | Rejected | Retryable | Unknown:
        """Fetch the session with its intent, charge and refunds; or the intent alone."""
        if session_id:
            sessions = self._client.v1.checkout.sessions
            inside: Any = {"expand": ["payment_intent.latest_charge.refunds"]}
            return _answer(lambda: of_session(sessions.retrieve(session_id, inside).to_dict()))
        intents = self._client.v1.payment_intents
        alone: Any = {"expand": ["latest_charge.refunds"]}
        return _answer(lambda: of_intent(intents.retrieve(intent_id or "", alone).to_dict()))

    def close(self, session_id: str, key: str) -> PaymentAnswer:
        """Expire the session, so that nobody can pay on it any more."""
        sessions = self._client.v1.checkout.sessions
        return _answer(lambda: PaymentDone(sessions.expire(session_id, None, {"idempotency_key": key}).id))

    def capture(self, intent_id: str, amount_minor: int, final: bool, key: str) -> PaymentAnswer:
        """Capture an amount; without `final` the rest stays reserved, which needs multicapture."""
        params: Any = {"amount_to_capture": amount_minor, **({} if final else {"final_capture": False})}
        intents = self._client.v1.payment_intents
        return _answer(lambda: PaymentDone(intents.capture(intent_id, params, {"idempotency_key": key}).id))

    def void(self, intent_id: str, key: str) -> PaymentAnswer:
        """Cancel the intent: whatever is still capturable is released."""
        intents = self._client.v1.payment_intents
        return _answer(lambda: PaymentDone(intents.cancel(intent_id, None, {"idempotency_key": key}).id))

    def refund(self, intent_id: str, amount_minor: int, key: str) -> PaymentAnswer:
        """Refund an amount; our key is in its metadata, for people who look at Stripe's dashboard."""
        params: Any = {"payment_intent": intent_id, "amount": amount_minor, "metadata": {"key": key}}
        return _answer(lambda: PaymentDone(self._client.v1.refunds.create(params, {"idempotency_key": key}).id))

    def since(self, instant: dt.datetime, cursor: str | None) -> PaymentList | Retryable | Unknown:
        """The account's payment intents created since an instant, newest first, a hundred at a time."""
        params: Any = {"created": {"gte": int(instant.timestamp())}, "limit": _PER_PAGE}
        params |= {"expand": ["data.latest_charge.refunds"], **({"starting_after": cursor} if cursor else {})}

        def work() -> PaymentList:
            found = self._client.v1.payment_intents.list(params)
            more = found.data[-1].id if found.has_more and found.data else None
            return PaymentList(tuple(of_intent(one.to_dict()) for one in found.data), more)

        answer = _answer(work)
        return Unknown() if isinstance(answer, Rejected) else answer

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentNews | None:
        """What an event says that bears our endpoint's signature; one from the future is refused, too."""
        header = headers.get("Stripe-Signature", "")
        try:
            stripe.WebhookSignature.verify_header(body.decode(), header, self._secret, _TOLERANCE_S)
            signed_at, _ = stripe.WebhookSignature._get_timestamp_and_signatures(header, "v1")
            if signed_at > clock.now().timestamp() + _TOLERANCE_S:  # the SDK looks at the past alone
                return None
            return news_in(json.loads(body))
        except (stripe.SignatureVerificationError, ValueError, RecursionError, IndexError, OverflowError):
            return None


def _answer(work: Callable[[], T]) -> T | Rejected | Retryable | Unknown:
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
