"""Events: written with what they tell of, then sent, signed, until they are acknowledged; at least once."""

from __future__ import annotations

import json
import time

import httpx
import stripe

from integrations.payments.fake.book import Book, Object

_BATCH = 50
_LONGEST_PAUSE_S = 30.0
_PAYOUTS = ("invoice.", "customer.", "transfer.", "payout.")
_TIMEOUT = httpx.Timeout(10.0, connect=2.0)


def happened(book: Book, kind: str, about: Object, account: str | None = None) -> None:
    """An event about an object as it is now, to be told as the controls say: later, twice, or in the wrong order.

    `account`: the connected account to which it happened.
    """
    shown = {name: value for name, value in about.items() if name != "stand_in"}
    owner = {"account": account} if account else {}
    event = book.make("evt", "event", {"type": kind, "livemode": False, "data": {"object": shown}, **owner})
    delay_s = float(book.setting("delay_s", "0"))
    order = -1 if book.setting("backwards") == "on" else 1
    last = book.row("SELECT count(*) AS n FROM message")
    for _ in range(1 + int(book.setting("duplicates", "0"))):
        book.write(
            "INSERT INTO message (event_id, body, due_at) VALUES (:event_id, :body, :due_at)",
            event_id=event["id"],
            body=json.dumps(event),
            due_at=time.time() + delay_s + order * 0.001 * ((last["n"] if last else 0) % 100),
        )


class Post:
    """The outgoing post."""

    def __init__(self, book: Book, secret: str) -> None:
        self._book = book
        self._secret = secret
        self._client = httpx.Client(timeout=_TIMEOUT, trust_env=False)

    def deliver(self) -> bool:
        """Send what is due, one message after another; whether there was any."""
        due = self._book.rows(
            "SELECT * FROM message WHERE NOT delivered AND due_at <= :now ORDER BY due_at, id LIMIT :n",
            now=time.time(),
            n=_BATCH,
        )
        for message in due:
            answer = self._send(message["body"])
            pause_s = min(_LONGEST_PAUSE_S, 0.5 * 2.0 ** message["attempts"])
            self._book.write(
                "UPDATE message SET attempts = attempts + 1, delivered = :delivered, last_status = :answer,"
                " due_at = :due_at WHERE id = :id",
                delivered=int(answer.startswith("2")),
                answer=answer,
                due_at=time.time() + pause_s,
                id=message["id"],
            )
        return bool(due)

    def _send(self, body: str) -> str:
        signature = stripe.WebhookSignature.generate_signature_header(body, self._secret)
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        url = self._book.setting("payout_webhook_url" if _about_payouts(body) else "webhook_url")
        if not url:
            return "200 nobody listens"
        try:
            answer = self._client.post(url, content=body.encode(), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__
        return str(answer.status_code)


def _about_payouts(body: str) -> bool:
    """Whether an event goes to the endpoint of invoices, transfers and payouts; the other has those of cards."""
    return str(json.loads(body)["type"]).startswith(_PAYOUTS)
