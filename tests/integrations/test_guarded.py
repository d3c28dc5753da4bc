"""Foreign addresses: only public ones, and the one that was looked at is the one that is called."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from integrations.guarded import AddressRefused, GuardedTransport, guarded_client, networks, pinned


def _resolving(*addresses: str) -> Any:
    return lambda host, port, **_: [(socket.AF_INET, 0, 0, "", (address, port)) for address in addresses]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_no_address_of_our_own_house_is_reached(address: str) -> None:
    with pytest.raises(AddressRefused):
        pinned("shop.example", 80, resolve=_resolving(address))


@pytest.mark.parametrize("spelling", ["127.1", "2130706433", "0x7f000001", "localhost", "::1"])
def test_no_spelling_of_loopback_is_reached(spelling: str) -> None:
    with pytest.raises(AddressRefused):
        pinned(spelling, 80)


def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(AddressRefused):
        pinned("shop.example", 80, resolve=_resolving("93.184.215.14", "10.0.0.1"))


def test_a_network_that_is_admitted_is_reached() -> None:
    admitted = networks(["127.0.0.0/8"])

    assert pinned("127.0.0.1", 80, admitted) == "127.0.0.1"
    with pytest.raises(AddressRefused):
        pinned("10.0.0.1", 80, admitted)


def test_a_name_without_an_address_is_a_connection_that_failed() -> None:
    with pytest.raises(httpx.ConnectError):
        pinned("shop.example", 80, resolve=_resolving())


def test_the_request_goes_to_the_address_that_was_looked_at_under_its_own_name() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    transport = GuardedTransport(inner=httpx.MockTransport(answer), resolve=_resolving("8.8.8.8"))
    httpx.Client(transport=transport).get("https://shop.example:8443/a?b=c")

    assert str(sent[0].url) == "https://8.8.8.8:8443/a?b=c"
    assert sent[0].headers["Host"] == "shop.example:8443"
    assert sent[0].extensions["sni_hostname"] == "shop.example"


@contextmanager
def serving(head: bytes, drip: bytes) -> Iterator[tuple[int, list[int]]]:
    """A server that begins an answer and then lets it drip; its port, and the ports from which it was called."""
    callers: list[int] = []

    def answer(line: socket.socket) -> None:
        with line:
            line.recv(65_536)
            line.sendall(head)
            try:
                while drip:
                    line.sendall(drip)
                    time.sleep(0.05)
                while line.recv(65_536):
                    line.sendall(head)
            except OSError:
                pass

    def accept(server: socket.socket) -> None:
        while True:
            try:
                line, caller = server.accept()
            except OSError:
                return
            callers.append(caller[1])
            threading.Thread(target=answer, args=(line,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        yield server.getsockname()[1], callers
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("head", "drip"),
    [(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"), (b"HTTP/1.1 200 OK\r\n", b"X-Drip: 1\r\n")],
    ids=["body", "headers"],
)
def test_an_answer_that_drips_is_not_waited_for(head: bytes, drip: bytes) -> None:
    client = guarded_client(networks(["127.0.0.0/8"]), httpx.Timeout(5.0), longest_s=0.5)
    began = time.monotonic()
    with serving(head, drip) as (port, _), pytest.raises(httpx.ReadTimeout):
        client.get(f"http://127.0.0.1:{port}/")

    assert time.monotonic() - began < 3


def test_two_names_of_one_address_share_no_connection() -> None:
    transport = GuardedTransport(networks(["127.0.0.0/8"]), resolve=_resolving("127.0.0.1"))
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"") as (port, callers):
        client = httpx.Client(transport=transport)
        for name in ("one.example", "two.example"):
            assert client.get(f"http://{name}:{port}/").status_code == 200

    assert len(set(callers)) == 2
