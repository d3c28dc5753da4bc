"""How a simulator answers, or does not: a reply of status 0 is a connection that breaks without a word."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

from flask import Response, request

from integrations.simulator.book import Book
from integrations.simulator.faults import draw
from integrations.simulator.orderbook import Reply

BROKEN = Reply(0, {})
_NEWS_FIRST_S = 0.4


def answer(reply: Reply) -> Response:
    """The HTTP answer, in its time."""
    if reply.after_s:
        time.sleep(reply.after_s)
    if reply.status == BROKEN.status:
        _hang_up(request.environ.get("werkzeug.socket"))
    response = Response(json.dumps(dict(reply.facts)), reply.status or 500, content_type="application/json")
    if reply.retry_after:
        response.headers["Retry-After"] = reply.retry_after
    return response


def serve(book: Book, supplier: str, ref: str, step: str, deed: Callable[[frozenset[str]], Reply]) -> Response:
    """Do the deed of one request, and let go wrong with it what the seed or a test wants."""
    with book.deed():
        mood = draw(book, supplier, ref, step)
        prevented = _prevented(mood)
        reply = prevented or deed(mood)
    if prevented is None:
        reply = _spoilt(reply, mood)
    return answer(reply)


def _prevented(mood: frozenset[str]) -> Reply | None:
    if "unavailable" in mood:
        return Reply(503, {"code": "unavailable"}, retry_after="1")
    if "timeout_before" in mood:
        return BROKEN
    return Reply(500, {"code": "broken"}) if "error_before" in mood else None


def _spoilt(reply: Reply, mood: frozenset[str]) -> Reply:
    if "timeout" in mood:
        return BROKEN
    if "error_after_accept" in mood:
        return Reply(500, {"code": "broken"})
    return Reply(reply.status, reply.facts, _NEWS_FIRST_S) if "news_first" in mood else reply


def _hang_up(connection: Any) -> None:
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
