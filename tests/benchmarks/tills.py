"""Tills that post purchases over HTTP as fast as they are answered: plain sockets, one connection and thread a till.

`python -m tests.benchmarks.tills PORT TOKEN TILLS PURCHASES CARDS LINES`, a process of its own; prints its figures.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from threading import Thread
from typing import Any

CONTENT_LENGTH = b"content-length:"


class Till:
    """One connection; `took_s` are the seconds from sending a purchase to having its whole answer."""

    def __init__(self, port: int) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = ("127.0.0.1", port)
        self.took_s: list[float] = []
        self.odd: list[bytes] = []

    def work(self, requests: Iterator[bytes]) -> None:
        """Post purchases, which all tills draw from one roll."""
        for request in requests:
            begun = time.perf_counter()
            answer = self._exchange(request)
            self.took_s.append(time.perf_counter() - begun)
            if not answer.startswith(b"HTTP/1.1 201"):
                self.odd.append(answer)

    def _exchange(self, request: bytes) -> bytes:
        self.connection.sendall(request)
        answer = b""
        while not (end := answer.find(b"\r\n\r\n") + 4) > 3:
            answer += self._more()
        head = answer[:end].lower()
        at = head.index(CONTENT_LENGTH) + len(CONTENT_LENGTH)
        length = int(head[at : head.index(b"\r\n", at)])
        while len(answer) < end + length:
            answer += self._more()
        if b"connection: close" in head:
            self.connection.close()
            self.connection = socket.create_connection(self.address)
        return answer

    def _more(self) -> bytes:
        piece = self.connection.recv(65_536)
        if not piece:
            raise ConnectionError("the server hung up in the middle of an answer")
        return piece


def _request(token: str, key: str, lines: int, cards: int, dice: random.Random) -> bytes:
    """A purchase of a random member."""
    body = json.dumps(
        {
            "external_id": key,
            "occurred_at": "2026-11-20T09:30:00Z",
            "outlet": "S1",
            "member": {"kind": "card", "value": f"9844{dice.randrange(cards):012}"},
            "currency": "EUR",
            "lines": [_line(no, dice.randrange(50, 2_000)) for no in range(1, lines + 1)],
        }
    ).encode()
    head = f"POST /api/v1/purchases HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    head += f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _line(no: int, amount: int) -> dict[str, Any]:
    return {"no": no, "sku": f"SKU{no}", "name": "Milk 1 l", "qty_m": 1000, "price": amount, "amount": amount}


def main() -> None:
    """Let all tills work at once, on purchases written before the clock starts."""
    port, token, *numbers = sys.argv[1:]
    count, purchases, cards, lines = map(int, numbers)
    run, dice = uuid.uuid4().hex[:8], random.Random(1)
    roll = iter([_request(token, f"{run}-{no}", lines, cards, dice) for no in range(purchases)])
    tills = [Till(int(port)) for _ in range(count)]
    threads = [Thread(target=till.work, args=(roll,)) for till in tills]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall_s = time.perf_counter() - begun
    took = sorted(one for till in tills for one in till.took_s)
    odd = [one.decode(errors="replace") for till in tills for one in till.odd]
    figures = {"rate": len(took) / wall_s, "p50_ms": took[len(took) // 2] * 1e3, "done": len(took)}
    print(json.dumps(figures | {"p99_ms": took[len(took) * 99 // 100] * 1e3, "odd": len(odd), "first_odd": odd[:1]}))


if __name__ == "__main__":
    main()
