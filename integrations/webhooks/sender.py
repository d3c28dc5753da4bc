"""Telling partners' endpoints: signed by the library of Standard Webhooks, sent to public addresses only.

The name is resolved once and its address pinned (`integrations.guarded`). Plain http and other ports than 443 and 8443
are for the networks that the configuration admits. A redirect is an answer like any other, and no success.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from standardwebhooks import Webhook

from coalition.kernel import clock
from coalition.ports import WebhookAnswer, WebhookMessage
from integrations.guarded import AddressRefused, GuardedTransport, Network, forgetful_client

MOST_S = 15.0
_EXCERPT = 2_000
_PORTS = (443, 8443)


class HttpWebhookSender:
    """Sends with POST, each message for itself."""

    def __init__(
        self,
        admitted: Sequence[Network] = (),
        inner: httpx.BaseTransport | None = None,
        resolve: Callable[..., Any] = socket.getaddrinfo,
        longest_s: float = MOST_S,
    ) -> None:
        transport = GuardedTransport(admitted, inner, resolve, tls_ports=_PORTS, longest_s=longest_s)
        self._client = forgetful_client(transport, httpx.Timeout(10.0, connect=5.0))

    def send(self, message: WebhookMessage) -> WebhookAnswer:
        """Send it once; see `coalition.ports.WebhookSender`."""
        began = time.monotonic()
        try:
            return self._send(message, began)
        except (AddressRefused, httpx.InvalidURL, httpx.UnsupportedProtocol):
            return _failed("address_refused", began)
        except httpx.TimeoutException:
            return _failed("timeout", began)
        except httpx.ConnectError as error:
            return _failed("tls" if _of_tls(error) else "unreachable", began)
        except (httpx.HTTPError, ValueError):
            return _failed("unreachable", began)

    def _send(self, message: WebhookMessage, began: float) -> WebhookAnswer:
        if httpx.URL(message.url).userinfo:
            raise AddressRefused("an address carries no user information")
        now = clock.now()
        signatures = [Webhook(secret).sign(message.event_id, now, message.body) for secret in message.secrets]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Coalition-Webhooks/1",
            "webhook-id": message.event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        with self._client.stream("POST", message.url, content=message.body.encode(), headers=headers) as answer:
            excerpt = _read(answer)
            after = answer.headers.get("Retry-After", "")
            after_s = int(after) if after.isascii() and after.isdigit() and len(after) < 8 else None
            return WebhookAnswer(answer.status_code, None, _ms(began), excerpt, after_s)


def _read(answer: httpx.Response) -> str:
    """The beginning of the answer; the rest is not waited for."""
    content = bytearray()
    for chunk in answer.iter_raw():
        content += chunk
        if len(content) >= _EXCERPT * 4:
            break
    text = bytes(content).decode("utf-8", "replace").replace("\0", "\ufffd")
    return text[:_EXCERPT]


def _failed(code: str, began: float) -> WebhookAnswer:
    return WebhookAnswer(None, code, _ms(began))


def _of_tls(error: Exception) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
