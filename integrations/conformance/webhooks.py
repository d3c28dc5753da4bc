"""Webhooks: what happens is told to the partner's address, signed and any Standard Webhooks library verifies it."""

from __future__ import annotations

import json

from standardwebhooks import Webhook, WebhookVerificationError

from integrations.conformance.listening import Listener, Message
from integrations.conformance.report import Report
from integrations.conformance.till import Till

_TYPE = "points.issued"
_WAIT_S = 30


def run(till: Till, report: Report) -> None:
    """Register an address, let it be told, change the secret, take it away again."""
    listener = till.partner.listener
    if listener is None:
        report.untried("deliveries are signed by Standard Webhooks", "say with --listen where to listen")
        return
    made = till.partner.post("/webhook-endpoints", {"url": listener.url, "event_types": [_TYPE]})
    if not report.expect("an endpoint is registered and its secret shown", "secret" in made.body, made.text):
        return
    endpoint, secret = f"/webhook-endpoints/{made.body['id']}", str(made.body["secret"])
    try:
        _told(till, report, listener, endpoint, secret)
    finally:
        gone = till.partner.ask("DELETE", endpoint)
        report.expect("an endpoint is removed", gone.status == 204, gone)


def _told(till: Till, report: Report, listener: Listener, endpoint: str, secret: str) -> None:
    till.partner.post(f"{endpoint}/test", {"event_type": _TYPE})
    first = listener.wait(_WAIT_S)
    if not report.expect("a trial event arrives", first is not None, f"nothing within {_WAIT_S} s") or first is None:
        return
    report.expect("its signature verifies", verifies(first, secret), first.headers)
    altered = Message(first.headers, first.body + b" ")
    report.expect("an altered body does not verify", not verifies(altered, secret), first.body)
    aged = Message({**first.headers, "webhook-timestamp": "1700000000"}, first.body)
    report.expect("nor does an old timestamp", not verifies(aged, secret), first.headers)
    till.buy()
    news = listener.wait(_WAIT_S)
    what = json.loads(news.body).get("type") if news else None
    report.expect("a purchase is told as points.issued", what == _TYPE, what)
    rotated = str(till.partner.post(f"{endpoint}/rotate", {"overlap_s": 600}).body.get("secret"))
    till.partner.post(f"{endpoint}/test", {"event_type": _TYPE})
    last = listener.wait(_WAIT_S)
    both = last is not None and verifies(last, secret) and verifies(last, rotated)
    report.expect("while a secret is changed both verify", both, last.headers if last else "nothing came")


def verifies(message: Message, secret: str) -> bool:
    """Whether a library of Standard Webhooks takes a delivery for what its headers say."""
    try:
        Webhook(secret).verify(message.body, message.headers)
    except (WebhookVerificationError, ValueError):
        return False
    return True
