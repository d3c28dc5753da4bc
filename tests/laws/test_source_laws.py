"""The laws of registries and of suspense hold after a full story, and each sees the crime that it is there for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from coalition import promotions, purchases
from coalition.kernel import jobs
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.laws import laws, offending
from tests.coalition.api.till import Till, a_till
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import a_body, a_card, a_shop

CRIMES = {
    "R5": (
        "UPDATE registry SET lines = lines + 1, accepted = accepted + 1",
        "UPDATE registry SET lines = lines + 1, suspended = suspended + 1",
        "INSERT INTO registry_rejection SELECT id, 99, 'x', '', '' FROM registry",
        "UPDATE registry_issued SET units = units + 1",
    ),
    "R15": (
        "UPDATE takeover SET units = units + 1 WHERE units IS NOT NULL",
        "UPDATE takeover SET member_id = member_id + 1 WHERE units IS NOT NULL",
    ),
    "R16": ("DELETE FROM takeover",),
    "E1": ("UPDATE event_award SET units = units + 1", "UPDATE event SET member_id = member_id + 1"),
    "E2": ("DELETE FROM event_award",),
    "R6": ("UPDATE suspense SET request_hash = 'x' WHERE state = 'posted'",),
    "R7": (
        "UPDATE suspense SET state = 'waiting', purchase_id = NULL, resolved_at = NULL,"
        " created_at = now() - interval '1 h' WHERE state = 'posted';"
        "UPDATE identifier SET added_at = now() - interval '1 h'",
        "INSERT INTO suspended_return (suspense_id, partner_id, kind, external_id, request_hash, slip)"
        " SELECT id, partner_id, 'void', 'V-9', 'x', '{}' FROM suspense WHERE state = 'posted'",
    ),
}


@pytest.fixture
def owner(fresh_database: Config) -> Iterator[psycopg.Connection]:
    """The schema's owner, who could rewrite history, in a transaction over a full story; nothing lasts."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        _story(transact(lambda: a_till(a_shop(), app.test_client())))
        assert [law.code for law in laws() if offending(law)] == []
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()


def _story(till: Till) -> None:
    strangers = [{"kind": "card", "value": value} for value in ("77770001", "77770002")]
    bodies = [a_body(1000), a_body(1000, outlet="S9"), *(a_body(1000, member=one) for one in strangers)]
    shop, names = till.shop, {"name_en": "Review", "name_ru": "Отзыв", "event_type": "review", "code": "review"}
    transact(
        lambda: promotions.create_base_rule(
            shop.program.id, shop.partner.id, shop.currency.id, points=50, each_minor=100, **names
        )
    )
    event = {name: value for name, value in a_body(1000).items() if name in ("occurred_at", "member")}
    bodies.append({**event, "external_id": "E-1", "type": "review"})
    bodies.append({"type": "card", **a_card(1)})
    bodies.append({"type": "card", **a_card(2, balance=None)})
    file = "".join(json.dumps(body) + "\n" for body in bodies).encode()
    till.send("/registries", file, Content_Type="application/x-ndjson")
    till.send("/registries?dry_run=true", file, Content_Type="application/x-ndjson")
    jobs.run_due()
    transact(lambda: a_member(till.shop.program, till.shop.partner, card="77770001"))
    jobs.run_due()


@pytest.mark.parametrize(("code", "crime"), [(code, crime) for code, crimes in CRIMES.items() for crime in crimes])
def test_every_law_sees_its_crime(owner: psycopg.Connection, code: str, crime: str) -> None:
    owner.execute(crime.encode())

    (law,) = (law for law in purchases.laws() if law.code == code)

    assert owner.execute(law.sql.encode()).fetchall(), f"{code} does not notice: {law.title}"
