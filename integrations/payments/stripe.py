"""Stripe: Checkout Sessions that reserve an amount (manual capture), taken, released and refunded later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import httpx

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
from coalition.kernel.config import PaymentAccess
from integrations.payments.asking import TIMEOUT, answer, client, verified
from integrations.payments.reading import news_in, of_intent, of_session

_PER_PAGE = 100


class StripeProvider:
    """Speaks to one Stripe account through the vendor's SDK."""

    def __init__(self, access: PaymentAccess, timeout: httpx.Timeout = TIMEOUT) -> None:
        self._secret = access.webhook_secret
        self._origin = access.page_origin
        self._client = client(access, timeout)

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

        return answer(work)

    def look(self, session_id: str | None, intent_id: str | None) -> PaymentState | Rejected | Retryable | Unknown:
        """Fetch the session with its intent, charge and refunds; or the intent alone."""
        if session_id:
            sessions = self._client.v1.checkout.sessions
            inside: Any = {"expand": ["payment_intent.latest_charge.refunds"]}
            return answer(lambda: of_session(sessions.retrieve(session_id, inside).to_dict()))
        intents = self._client.v1.payment_intents
        alone: Any = {"expand": ["latest_charge.refunds"]}
        return answer(lambda: of_intent(intents.retrieve(intent_id or "", alone).to_dict()))

    def close(self, session_id: str, key: str) -> PaymentAnswer:
        """Expire the session, so that nobody can pay on it any more."""
        sessions = self._client.v1.checkout.sessions
        return answer(lambda: PaymentDone(sessions.expire(session_id, None, {"idempotency_key": key}).id))

    def capture(self, intent_id: str, amount_minor: int, final: bool, key: str) -> PaymentAnswer:
        """Capture an amount; without `final` the rest stays reserved, which needs multicapture."""
        params: Any = {"amount_to_capture": amount_minor, **({} if final else {"final_capture": False})}
        intents = self._client.v1.payment_intents
        return answer(lambda: PaymentDone(intents.capture(intent_id, params, {"idempotency_key": key}).id))

    def void(self, intent_id: str, key: str) -> PaymentAnswer:
        """Cancel the intent: whatever is still capturable is released."""
        intents = self._client.v1.payment_intents
        return answer(lambda: PaymentDone(intents.cancel(intent_id, None, {"idempotency_key": key}).id))

    def refund(self, intent_id: str, amount_minor: int, key: str) -> PaymentAnswer:
        """Refund an amount; our key is in its metadata, for people who look at Stripe's dashboard."""
        params: Any = {"payment_intent": intent_id, "amount": amount_minor, "metadata": {"key": key}}
        return answer(lambda: PaymentDone(self._client.v1.refunds.create(params, {"idempotency_key": key}).id))

    def since(self, instant: dt.datetime, cursor: str | None) -> PaymentList | Retryable | Unknown:
        """The account's payment intents created since an instant, newest first, a hundred at a time."""
        params: Any = {"created": {"gte": int(instant.timestamp())}, "limit": _PER_PAGE}
        params |= {"expand": ["data.latest_charge.refunds"], **({"starting_after": cursor} if cursor else {})}

        def work() -> PaymentList:
            found = self._client.v1.payment_intents.list(params)
            more = found.data[-1].id if found.has_more and found.data else None
            return PaymentList(tuple(of_intent(one.to_dict()) for one in found.data), more)

        found = answer(work)
        return Unknown() if isinstance(found, Rejected) else found

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentNews | None:
        """What an event says that bears our endpoint's signature; one from the future is refused, too."""
        try:
            return news_in(verified(headers, body, self._secret))
        except (ValueError, RecursionError, OverflowError, KeyError, TypeError):
            return None
