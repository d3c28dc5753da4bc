"""The brake on guessing under haste: attempts at once are each counted, and wait for each other in one order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from coalition import access
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.errors import TooMany
from tests import racing
from tests.coalition.site.entering.conftest import PASSWORD
from wsgi import create_app

EMAIL = "staff@coral.test"
_AT_ONCE, _ROUNDS = 8, 20


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits, with somebody of the staff."""
    app = create_app(fresh_database)
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        transact(lambda: access.create_user(EMAIL, PASSWORD, ["support"], "staff"))
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("browser", ["", "b" * 43])
def test_attempts_at_once_never_wait_for_each_other_in_a_circle(live: Flask, browser: str) -> None:
    tries: list[int] = []

    def admit() -> access.Attempt | None:
        tries.append(1)
        try:
            return access.admit(EMAIL, "203.0.113.9", browser=browser)
        except TooMany:
            return None

    def forgive(attempt: access.Attempt) -> None:
        tries.append(1)
        access.forgive(attempt)

    def one() -> int:
        found = [attempt for _ in range(_ROUNDS) if (attempt := transact(admit))]
        for attempt in found:
            transact(lambda attempt=attempt: forgive(attempt))  # type: ignore[misc]
        return _ROUNDS + len(found)

    assert sum(racing.at_once(live, [one] * _AT_ONCE)) == len(tries)


def test_five_of_eight_guesses_at_once_are_looked_at(live: Flask) -> None:
    def one() -> int:
        form = {"email": EMAIL, "password": "wrong password 1"}
        return live.test_client().post("/login", data=form).status_code

    assert sorted(racing.at_once(live, [one] * _AT_ONCE)) == [200] * 5 + [429] * 3


def test_eight_who_come_in_at_once_are_each_let_in(live: Flask) -> None:
    def one(at: int) -> int:
        email = f"user{at}@coral.test"
        transact(lambda: access.create_user(email, PASSWORD, ["support"], "staff"))
        return live.test_client().post("/login", data={"email": email, "password": PASSWORD}).status_code

    assert racing.at_once(live, [lambda at=at: one(at) for at in range(_AT_ONCE)]) == [303] * _AT_ONCE  # type: ignore[misc]
