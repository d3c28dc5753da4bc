"""Whether an address has an account is not told by the work that it makes: passwords hashed, statements sent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import pytest
from flask.testing import FlaskClient

from coalition import access
from tests.counting import statements

_HASHING = {"core", "hash_secret", "verify_secret"}  # every way into argon2


@dataclass
class Work:
    """What a request has cost."""

    hashes: int = 0
    statements: int = 0


@contextmanager
def counted() -> Iterator[Work]:
    """Count what this thread hashes and sends meanwhile."""
    work, before = Work(), sys.getprofile()

    def look(frame: FrameType, what: str, _: Any) -> None:
        code = frame.f_code
        if what == "call" and code.co_name in _HASHING and code.co_filename.endswith("argon2/low_level.py"):
            work.hashes += 1

    with statements() as sent:
        sys.setprofile(look)
        try:
            yield work
        finally:
            sys.setprofile(before)
    work.statements = len(sent)


def _cost(ask: Callable[[str], Any], email: str) -> Work:
    with counted() as work:
        ask(email)
    return work


def test_signing_in_hashes_once_and_asks_as_much_whoever_it_is(client: FlaskClient, anna: access.User) -> None:
    def ask(email: str) -> Any:
        return client.post("/login", data={"email": email, "password": "not the right one"})

    ask("warm@coral.test")
    known, unknown = _cost(ask, anna.email), _cost(ask, "nobody@coral.test")

    assert known == unknown
    assert known.hashes == 1
    assert known.statements > 0


@pytest.mark.parametrize("page", ["/reset", "/join"])
def test_asking_by_mail_hashes_nothing_and_asks_as_much_whoever_it_is(
    client: FlaskClient, anna: access.User, page: str
) -> None:
    def ask(email: str) -> Any:
        return client.post(page, data={"email": email})

    ask("warm@coral.test")
    known, unknown = _cost(ask, anna.email), _cost(ask, "nobody@coral.test")

    assert known == unknown
    assert known.hashes == 0
    assert known.statements > 0
