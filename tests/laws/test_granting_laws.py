"""The laws of granting hold after a full story, and each of them sees the crime that it is there for."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest

from coalition import promotions, purchases
from coalition.kernel import ids
from coalition.kernel.db import raw
from coalition.kernel.laws import Law
from coalition.promotions import granting
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import a_body, a_receipt, a_return, a_shop, bought, give_back

CRIMES = {
    "PR1": "UPDATE award SET units = units + 1 WHERE promotion IS NOT NULL",
    "PR2": "UPDATE limit_lease SET left_over = left_over + 1",
    "PR3": "UPDATE evaluation SET used = (SELECT jsonb_object_agg(k, 100000) FROM jsonb_object_keys(used) k)"
    " WHERE used <> '{}'",
    "PR4": "UPDATE award SET promotion_version = 7 WHERE promotion IS NOT NULL",
    "PR5": "UPDATE limit_day SET used = used + 1",
    "PR6": "UPDATE purchase_discount SET amount_minor = amount_minor + 1",
    "PR7": "UPDATE purchase_quote_use SET purchase_id = purchase_id + 100000",
}


def test_every_crime_is_seen_by_its_law(owner: psycopg.Connection) -> None:
    known: dict[str, Law] = {law.code: law for law in granting.laws()}
    assert known.keys() == CRIMES.keys()

    for code, crime in CRIMES.items():
        owner.execute("SAVEPOINT innocent")
        owner.execute(crime.encode())
        offences = owner.execute(known[code].sql.encode()).fetchall()
        owner.execute("ROLLBACK TO SAVEPOINT innocent")
        assert offences, code


@pytest.mark.parametrize("table", ["evaluation", "limit_release", "purchase_discount", "purchase_quote_use"])
@pytest.mark.parametrize("deed", ["TRUNCATE {0}", "DELETE FROM {0}"])
def test_the_application_cannot_rewrite_what_was_evaluated(session: object, table: str, deed: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw().execute(deed.format(table).encode())


def story() -> None:
    """Purchases and an event under a budget of all, a daily limit and one that rolls; one purchase comes back."""
    shop = a_shop()
    limits = [
        {"metric": "units", "per": "promotion", "period": "life", "value": 100_000},
        {"metric": "units", "per": "member", "period": "day", "value": 500},
    ]
    rolling = [{"metric": "units", "per": "member", "period": "rolling:P7D", "value": 30}]
    promotions.publish(shop.program.id, [a_document("all", a_credit("percent", bp=1000), limits=limits)], actor=ACTOR)
    shop.record(a_receipt(700))
    tenth = {"kind": "discount", "calc": {"type": "percent", "bp": 1000}}
    documents = [
        a_document("tenth", tenth),
        a_document("week", a_credit("fixed", points=20), limits=rolling),
        a_document("survey", a_credit("fixed", points=5), events=["survey"]),
    ]
    promotions.publish(shop.program.id, documents, actor=ACTOR, since=dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
    later = {"occurred_at": "2026-11-22T10:00:00Z"}
    shop.record(a_receipt(1000, **later), a_receipt(500, **later))
    body = a_body(2000, **later)
    quote = purchases.quote(shop.partner.id, purchases.read(body))
    bought(shop, {**body, "quote_id": ids.public("pqt", quote.id)})
    give_back(shop, a_return(bought(shop, a_body(2000)), {1: 400}))
    member = {"kind": "card", "value": "4276000012345678"}
    body = {"external_id": "E1", "type": "survey", **later, "member": member}
    purchases.record_events(shop.partner.id, [purchases.read_event(body)])
