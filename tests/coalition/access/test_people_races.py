"""Two administrators who remove each other at one moment leave one: real commits, real threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from flask import Flask

from coalition import access
from coalition.access import people
from coalition.kernel import audit
from coalition.kernel.config import Config
from coalition.kernel.db import db, fetch_one, transact
from coalition.kernel.errors import Refusal
from tests import racing
from tests.coalition.access.test_people import PASSWORD

ROUNDS = 5
DEEDS: dict[str, Callable[[int], None]] = {
    "off": lambda user: access.switch_person(user, False),
    "demoted": lambda user: access.set_roles(user, ["finance"]),
}


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits, with two administrators."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        for at in (1, 2):
            transact(partial(access.create_user, f"a{at}@coral.test", PASSWORD, ["admin"], "staff"))
        yield app
        db.session.remove()
        db.engine.dispose()


def remove(deed: str, actor: int, victim: int) -> str:
    """What became of it."""
    audit.set_origin(audit.Origin(f"user:{actor}"))
    try:
        transact(partial(DEEDS[deed], victim))
    except Refusal as refused:
        return refused.code
    return "removed"


def left() -> int:
    row = transact(
        lambda: fetch_one(
            "SELECT count(*) AS n FROM user_account u JOIN user_role ur ON ur.user_id = u.id"
            " JOIN role r ON r.id = ur.role_id WHERE r.name = 'admin' AND u.owner_ref = 'staff' AND u.active"
        )
    )
    assert row is not None
    return int(row.n)


def race(live: Flask, deeds: tuple[str, str], rounds: int) -> None:
    """Two administrators remove each other, each in a way; in the end there is one."""
    ids = [one.id for one in transact(lambda: access.people_of("staff")).items]
    for _ in range(rounds):
        works = [partial(remove, deed, ids[at], ids[1 - at]) for at, deed in enumerate(deeds)]

        ends = racing.at_once(live, works)

        assert sorted(ends) == ["last_admin", "removed"]
        assert left() == 1
        for one in ids:
            transact(partial(access.switch_person, one, True))
            transact(partial(access.set_roles, one, ["admin"]))


def test_two_administrators_who_remove_each_other_at_once_leave_one(live: Flask) -> None:
    for deeds in (("off", "off"), ("off", "demoted"), ("demoted", "demoted")):
        race(live, deeds, ROUNDS)


def test_without_the_lock_the_installation_loses_its_last_administrator(
    live: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_locked", lambda user, owner: access.person(user, owner_ref=owner))

    for at_once in (False, True):
        racing.assert_lost(partial(race, live, ("off", "off"), 10 * ROUNDS), at_once=at_once)
