"""Servers that break one law each, as a layer before the application: what the kit has to notice."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any

_numbers = itertools.count(1)
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def forgetful(app: Wsgi) -> Wsgi:
    """Counts every purchase anew, whoever has sent it before."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/api/v1/purchases" and environ["REQUEST_METHOD"] == "POST":
            try:
                body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
                body["external_id"] = f"{body['external_id']}-{next(_numbers)}"
            except (ValueError, KeyError):
                body = {}
            content = json.dumps(body).encode()
            environ |= {"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content))}
        return app(environ, start)

    return answer


def silent(app: Wsgi) -> Wsgi:
    """Never says that an answer is a replay, nor which request it is about."""
    return _headers(app, lambda name: name not in ("Idempotency-Replayed", "X-Request-Id"))


def plain(app: Wsgi) -> Wsgi:
    """Refuses in plain JSON instead of problem+json."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            told = [(name, value.replace("problem+json", "json")) for name, value in headers]
            return start(status, told, *rest)

        return app(environ, begin)

    return answer


def generous(app: Wsgi) -> Wsgi:
    """Takes returns without taking anything back."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].endswith("/returns"):
            start("201 CREATED", [("Content-Type", "application/json"), ("Idempotency-Replayed", "true")])
            return [b'{"id": "ret_1"}']
        return app(environ, start)

    return answer


def down(app: Wsgi) -> Wsgi:
    """Answers 500 to whatever asks for a hold."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/api/v1/holds"):
            start("500 INTERNAL SERVER ERROR", [("Content-Type", "text/html")])
            return [b"<h1>Oops</h1>"]
        return app(environ, start)

    return answer


def mute(app: Wsgi) -> Wsgi:
    """Takes purchases without a word about them."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/api/v1/purchases":
            start("201 CREATED", [("Content-Type", "application/json")])
            return [b"[]"]
        return app(environ, start)

    return answer


def stuttering(app: Wsgi) -> Wsgi:
    """Tells every change twice."""
    return _changes(app, lambda items: [one for item in items for one in (item, item)])


def backwards(app: Wsgi) -> Wsgi:
    """Tells the latest change first."""
    return _changes(app, lambda items: items[::-1])


def _changes(app: Wsgi, told: Callable[[list[Any]], list[Any]]) -> Wsgi:
    """The application with another list of changes in each answer."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/api/v1/changes":
            return app(environ, start)
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        begun: list[str] = []
        body = json.loads(b"".join(app(environ, lambda status, *_: begun.append(status))))
        start(begun[0], [("Content-Type", "application/json")])
        return [json.dumps({**body, "items": told(body["items"])} if "items" in body else body).encode()]

    return answer


def _headers(app: Wsgi, kept: Callable[[str], bool]) -> Wsgi:
    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start(status, [(name, value) for name, value in headers if kept(name)], *rest)

        return app(environ, begin)

    return answer
