"""Telling endpoints: signed as Standard Webhooks says, and never into our own house, however the address is written."""

from __future__ import annotations

import datetime as dt
import socket
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from coalition.ports import WebhookAnswer, WebhookMessage
from integrations.guarded import networks
from integrations.webhooks.sender import HttpWebhookSender
from tests.coalition.partners.webhooks.receiver import Receiver, receiving

SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
BODY = '{"type":"webhook.test"}'
LOOPBACK = networks(["127.0.0.0/8"])


def _resolving(*addresses: str) -> Any:
    kinds = {True: socket.AF_INET6, False: socket.AF_INET}
    return lambda host, port, **_: [(kinds[":" in one], 0, 0, "", (one, port)) for one in addresses]


def _message(url: str, secrets: tuple[str, ...] = SECRETS[:1]) -> WebhookMessage:
    return WebhookMessage(url, "msg_0000000000001", BODY, secrets)


class Outside(httpx.BaseTransport):
    """The network: it notes what goes out, and answers 204."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return httpx.Response(204, stream=httpx.ByteStream(b""))


def _told(url: str, *addresses: str, admitted: Any = ()) -> tuple[WebhookAnswer, list[httpx.Request]]:
    outside = Outside()
    resolve = _resolving(*addresses) if addresses else socket.getaddrinfo
    return HttpWebhookSender(admitted, outside, resolve).send(_message(url)), outside.sent


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "127.0.0.1",
        "127.0.0.1.",
        "localhost",
        "localhost.",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "[fd00::1]",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_no_spelling_of_an_inner_address_is_called(host: str) -> None:
    answer, sent = _told(f"https://{host}/hooks")

    assert (answer.status, answer.error, sent) == (None, "address_refused", [])


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hooks",
        "https://shop.example:8080/hooks",
        "https://shop.example:22/hooks",
        "gopher://shop.example/_hooks",
        "file:///etc/passwd",
        "ftp://shop.example/hooks",
        "https://user:secret@shop.example/hooks",
        "https://shop.example@10.0.0.1/hooks",
        "https:///hooks",
    ],
)
def test_only_https_on_its_ports_without_user_information_goes_out(url: str) -> None:
    answer, sent = _told(url, "8.8.8.8")

    assert answer.status is None
    assert (answer.error, sent) == ("address_refused", [])


def test_a_name_with_one_inner_address_among_two_is_not_called() -> None:
    answer, sent = _told("https://shop.example/hooks", "8.8.8.8", "10.0.0.1")

    assert (answer.error, sent) == ("address_refused", [])


def test_a_name_that_resolves_elsewhere_a_moment_later_gains_nothing() -> None:
    outside, answers = Outside(), iter([["8.8.8.8"], ["127.0.0.1"]])
    sender = HttpWebhookSender((), outside, lambda host, port, **_: _resolving(*next(answers))(host, port))

    first, second = sender.send(_message("https://shop.example/a")), sender.send(_message("https://shop.example/a"))

    assert [str(request.url) for request in outside.sent] == ["https://8.8.8.8/a"]
    assert (first.status, second.error) == (204, "address_refused")


@pytest.mark.parametrize("name", ["shop.example", "shop.example.", "xn--mgazin-8ya.example"])
def test_the_address_is_pinned_and_the_name_kept(name: str) -> None:
    answer, (sent,) = _told(f"https://{name}:8443/hooks", "8.8.8.8")

    assert answer.accepted
    assert str(sent.url) == "https://8.8.8.8:8443/hooks"
    assert sent.headers["Host"] == f"{name}:8443"
    assert sent.extensions["sni_hostname"] == name


def test_a_name_that_is_not_ascii_leads_where_its_punycode_does() -> None:
    answer, (sent,) = _told("https://mägazin.example/hooks", "8.8.8.8")

    assert answer.accepted
    assert sent.headers["Host"] == "xn--mgazin-bua.example"


def test_an_admitted_network_is_reached_by_plain_http_and_nothing_beside_it() -> None:
    inside, (sent,) = _told("http://hooks.shop.example:8080/a", "127.0.0.5", admitted=LOOPBACK)
    outside, nothing = _told("http://hooks.shop.example:8080/a", "8.8.8.8", admitted=LOOPBACK)

    assert inside.accepted
    assert str(sent.url) == "http://127.0.0.5:8080/a"
    assert (outside.error, nothing) == ("address_refused", [])


def test_a_redirect_is_not_followed() -> None:
    with receiving() as receiver:
        receiver.refuse(302, Location="http://127.0.0.1:1/inside")

        answer = HttpWebhookSender(LOOPBACK).send(_message(receiver.url))

    assert (answer.status, answer.accepted, len(receiver.received)) == (302, False, 1)


def test_no_cookie_is_kept_or_brought_along() -> None:
    with receiving() as receiver:
        receiver.answer = lambda _: (204, {"Set-Cookie": "who=partner-a; Path=/"}, b"")
        sender = HttpWebhookSender(LOOPBACK)
        for _ in range(2):
            sender.send(_message(receiver.url))

    assert ["cookie" in one.headers for one in receiver.received] == [False, False]
    assert len(sender._client.cookies.jar) == 0


def test_both_live_secrets_sign_and_a_third_does_not_verify() -> None:
    with receiving() as receiver:
        answer = HttpWebhookSender(LOOPBACK).send(_message(receiver.url, SECRETS))

    (one,) = receiver.received
    assert answer.accepted
    assert [one.verified_with(secret) for secret in SECRETS] == [{"type": "webhook.test"}] * 2
    with pytest.raises(WebhookVerificationError):
        one.verified_with("whsec_" + "A" * 43 + "=")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_is_good_for_five_minutes_in_both_directions(minutes: int) -> None:
    at = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
    stamp = str(int(at.timestamp()))
    signature = Webhook(SECRETS[0]).sign("msg_1", at, BODY)

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[0]).verify(
            BODY, {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signature}
        )


def test_only_the_beginning_of_an_answer_is_read() -> None:
    def long(receiver: Receiver) -> None:
        receiver.answer = lambda _: (200, {}, b"\xffno\0" * 500_000)

    with receiving() as receiver:
        long(receiver)
        answer = HttpWebhookSender(LOOPBACK).send(_message(receiver.url))

    assert answer.accepted
    assert 0 < len(answer.excerpt) <= 2000
    assert "\0" not in answer.excerpt


def test_a_retry_after_is_handed_on_and_nonsense_is_not() -> None:
    with receiving() as receiver:
        sender = HttpWebhookSender(LOOPBACK)
        receiver.refuse(503, Retry_After="120")
        asked = sender.send(_message(receiver.url))
        receiver.refuse(503, Retry_After="tomorrow")
        vague = sender.send(_message(receiver.url))

    assert (asked.after_s, vague.after_s) == (120, None)


def test_nobody_listening_and_no_tls_are_told_apart() -> None:
    with receiving() as receiver:
        plain = receiver.url.replace("http://", "https://")
        answers = [HttpWebhookSender(LOOPBACK).send(_message(url)) for url in (plain, "http://127.0.0.1:9/hooks")]

    assert [answer.error for answer in answers] == ["tls", "unreachable"]
