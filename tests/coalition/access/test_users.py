"""People: what makes a user, and how guessing is counted when it comes all at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from coalition import access
from coalition.kernel.config import Config
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, Invalid, TooMany
from wsgi import create_app

PASSWORD = "correct horse battery"


def test_a_user_is_found_by_whom_it_belongs_to(app: Flask) -> None:
    made = access.create_user("Anna@Coral.example", PASSWORD, ["member"], "member:12", program_id=1)

    assert access.user_by_owner("member:12") == made
    assert (made.email, made.roles, made.program_id) == ("anna@coral.example", {"member"}, 1)
    assert access.user_by_owner("member:13") is None


def test_an_address_and_a_member_have_one_user_but_staff_may_be_many(app: Flask) -> None:
    access.create_user("anna@coral.example", PASSWORD, ["member"], "member:12", program_id=1)
    access.create_user("finance@coral.example", PASSWORD, ["finance"], "staff")

    with pytest.raises(Conflict):
        access.create_user("ANNA@coral.example", PASSWORD, ["member"], "member:13", program_id=1)
    with pytest.raises(Conflict):
        access.create_user("other@coral.example", PASSWORD, ["member"], "member:12", program_id=1)
    access.create_user("admin@coral.example", PASSWORD, ["admin", "finance"], "staff")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "anna"}, "/email"),
        ({"password": "eleven char"}, "/password"),
        ({"password": "x" * 129}, "/password"),
        ({"roles": ["god"]}, "/roles"),
        ({"roles": []}, "/roles"),
        ({"program_id": None}, "/program_id"),
    ],
)
def test_a_user_that_makes_no_sense_is_refused(app: Flask, change: dict[str, Any], pointer: str) -> None:
    sound: dict[str, Any] = {
        "email": "anna@coral.example",
        "password": PASSWORD,
        "roles": ["member"],
        "owner_ref": "member:12",
        "program_id": 1,
    }

    with pytest.raises(Invalid) as refusal:
        access.create_user(**(sound | change))

    assert [error.pointer for error in refusal.value.errors] == [pointer]


@pytest.mark.parametrize(
    ("whose", "let_through"),
    [
        (lambda at: ("anna@coral.example", f"203.0.113.{at}"), 5),
        (lambda at: (f"user{at}@coral.example", "203.0.113.1"), 10),
    ],
)
def test_guesses_made_at_once_are_counted_one_by_one(
    fresh_database: Config, whose: Callable[[int], tuple[str, str]], let_through: int
) -> None:
    app = create_app(fresh_database)

    def guess(at: int) -> bool:
        with app.app_context():
            try:
                transact(lambda: access.admit(*whose(at)))
            except TooMany:
                return False
            return True

    with ThreadPoolExecutor(6) as threads:
        admitted = list(threads.map(guess, range(30)))

    assert sum(admitted) == let_through


def test_stolen_passwords_tried_from_many_addresses_hardly_reach_the_password(app: Flask) -> None:
    """Each account once, from twenty addresses: after the free attempts of each address nothing is looked at."""
    reached = [_reaches(f"user{at}@coral.example", f"203.0.113.{at % 20}") for at in range(800)]

    assert sum(reached[:200]) == 200
    assert sum(reached[200:]) <= 6  # one in a hundred


def _reaches(account: str, address: str) -> bool:
    try:
        access.admit(account, address)
    except TooMany:
        return False
    return True
