"""The laws of what is done to points hold after a full story, and each of them sees the crime that it is there for."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest

from coalition import wallets
from coalition.kernel import jobs
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from tests.coalition.wallets.builders import (
    FakeProgram,
    a_world,
    another_member,
    assert_laws_hold,
    become_family,
    bind,
    miles,
)
from tests.coalition.wallets.test_adjusting import adjusted, by_another, reversed_, wanted

CRIMES = {
    "W1": "UPDATE hold SET state = 'open', captured = 0 WHERE state = 'captured'",
    "W2": "UPDATE exchange_leg SET created_at = now() - interval '6 minutes'; DELETE FROM job",
    "W3": "UPDATE wallet_deed SET counterparty_id = 0 WHERE kind = 'donation'",
    "W4": "UPDATE wallet_deed SET approval_id = NULL",
    "W5": "UPDATE wallet_deed SET amount = amount - 1 WHERE kind = 'adjustment'",
    "W7": "UPDATE wallet_deed SET arrived = arrived + 1 WHERE kind = 'transfer'",
    "W6": "UPDATE exchange_leg SET state = 'rejected' WHERE direction = 'back'",
}


@pytest.fixture
def owner(fresh_database: Config) -> Iterator[psycopg.Connection]:
    """The schema's owner, who could rewrite history, over a full story; nothing lasts."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        _story()
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()


def test_every_crime_is_seen_by_its_law(owner: psycopg.Connection) -> None:
    known = {law.code: law for law in wallets.laws()}
    assert known.keys() == CRIMES.keys()

    for code, crime in CRIMES.items():
        owner.execute("SAVEPOINT innocent")
        owner.execute(crime.encode())
        offending = owner.execute(known[code].sql.encode()).fetchall()
        owner.execute("ROLLBACK TO SAVEPOINT innocent")
        assert offending, code


@pytest.mark.parametrize("table", ["wallet_deed", "exchange"])
@pytest.mark.parametrize("deed", ["UPDATE {0} SET member_id = 1", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_the_application_cannot_rewrite_what_was_done(session: object, table: str, deed: str) -> None:
    from coalition.kernel.db import raw

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw().execute(deed.format(table).encode())


def _story() -> None:
    """A donation; an exchange reversed, one refused, one in doubt; adjustments, one by two people, one undone."""
    bind(FakeProgram(next=["agree", "agree", "reject", "lost_before"]))
    world = transact(a_world)
    transact(lambda: wallets.donate(world.spend(100), "greenfund"))
    made = transact(lambda: world.exchange(100))
    jobs.run_due(5)
    transact(lambda: wallets.reverse_exchange(world.program.id, made.id, "R"))
    jobs.run_due(5)
    for _ in range(2):
        transact(lambda: world.exchange(100))
        jobs.run_due(5)
    relative = transact(lambda: another_member(world.program, world.shop))
    transact(lambda: become_family(world.program, world.member_id, relative))
    mil = transact(lambda: miles(world, Decimal("0.3")))
    transact(lambda: wallets.transfer(world.spend(50), relative))
    transact(lambda: wallets.convert(world.spend(50), mil))
    moved, _ = transact(lambda: wallets.transfer(world.spend(30), relative))
    reversed_(world, moved, "R-0")
    deed = adjusted(world, -100)
    reversed_(world, deed)
    large = transact(lambda: wallets.adjust(wanted(world, 20_000, "A-2")))
    assert isinstance(large, wallets.Waiting)
    by_another(large.approval_id)
