"""The laws of publishing hold after a full story, and each of them sees the crime that it is there for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import psycopg
import pytest

from coalition import promotions
from coalition.kernel import clock, laws
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from tests.builders import a_program
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.promotions.publishing.people import a_person, acting, reviewed

# The schema forbids what these crimes do: they take its guards away first.
GUARDS = (
    "ALTER TABLE ruleset DISABLE TRIGGER USER",
    "ALTER TABLE promotion_version DISABLE TRIGGER USER",
    "ALTER TABLE ruleset DROP CONSTRAINT ck_ruleset_hash",
    "ALTER TABLE promotion_version DROP CONSTRAINT ck_promotion_version_hash",
)
CRIMES = (
    ("Z1", "DELETE FROM ruleset WHERE no = 2"),
    ("Z1", "DELETE FROM ruleset WHERE no = (SELECT max(no) FROM ruleset)"),
    ("Z1", "UPDATE ruleset SET since = since - interval '90000 days' WHERE no = 2"),
    ("Z1", "UPDATE promo_setting SET last_no = last_no + 1"),
    ("Z2", "UPDATE ruleset SET document = replace(document, '500', '900') WHERE no = 1"),
    ("Z2", "UPDATE promotion_version SET document = replace(document, '500', '900') WHERE version = 1"),
    ("Z3", "UPDATE promotion SET state = 'published' WHERE state = 'paused'"),
    ("Z3", "UPDATE promotion SET state = 'ended' WHERE state = 'published'"),
    ("Z3", "UPDATE promotion SET version = 1 WHERE version = 2"),
    ("Z4", "UPDATE promotion_version SET version = 7 WHERE version = 2"),
    ("Z4", "UPDATE promotion SET code = 'another' WHERE code = 'five'"),
    ("Z5", "UPDATE promotion_version SET document = replace(document, '\"priority\":1', '\"priority\":2')"),
    ("Z5", "UPDATE promotion SET draft = draft || '{\"priority\": 99}' WHERE approval_id IS NOT NULL"),
    ("Z5", "UPDATE approval SET state = 'requested', executed_hash = NULL, closed_at = NULL WHERE state = 'executed'"),
)


@pytest.fixture
def owner(fresh_database: Config) -> Iterator[psycopg.Connection]:
    """The schema's owner, who could rewrite history, over a full story; nothing lasts."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        _story()
        assert [law.code for law in promotions.laws() if transact(lambda law=law: laws.offending(law))] == []
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()


def test_every_crime_is_seen_by_its_law(owner: psycopg.Connection) -> None:
    known = {law.code: law for law in promotions.laws()}
    assert known.keys() == {code for code, _ in CRIMES}

    for table in ("ruleset", "promotion_version"):
        owner.execute("SAVEPOINT innocent")
        with pytest.raises(psycopg.errors.CheckViolation):
            owner.execute(f"UPDATE {table} SET actor = 'somebody'".encode())
        owner.execute("ROLLBACK TO SAVEPOINT innocent")
    for guard in GUARDS:
        owner.execute(guard.encode())
    for code, crime in CRIMES:
        owner.execute("SAVEPOINT innocent")
        assert owner.execute(crime.encode()).rowcount, crime
        offending = owner.execute(known[code].sql.encode()).fetchall()
        owner.execute("ROLLBACK TO SAVEPOINT innocent")
        assert offending, crime


def _story() -> None:
    """Two promotions approved by a second person, one twice; one over, one paused, one in review; back again."""
    program = transact(a_program)
    writer, publisher = a_person("writer"), a_person("publisher")
    over = {"to": (clock.now() - dt.timedelta(days=1)).isoformat()}
    transact(lambda: promotions.publish(program.id, [a_document("over", **over)], actor=ACTOR))
    reviewed(program.id, a_document("five"), writer, publisher)
    reviewed(program.id, a_document("five", priority=1), writer, publisher)
    reviewed(program.id, a_document("two", priority=1), writer, publisher)
    transact(lambda: promotions.pause(program.id, "two"))
    transact(lambda: promotions.save_draft(program.id, "five", a_document(priority=3), actor=writer))
    transact(lambda: promotions.rollback(program.id, 3))
    acting(writer)
    transact(lambda: promotions.submit(program.id, "five", "more"))
