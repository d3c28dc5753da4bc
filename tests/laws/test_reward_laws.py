"""The laws of the shelves hold after a full story, and each of them sees the crime that it is there for."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from catalog import rewards
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.laws import offending
from tests.catalog.builders import an_offer
from tests.catalog.rewards.builders import PEN, a_shop

CRIMES = {
    "stock-reserved": ("UPDATE stock SET reserved = reserved + 1",),
    "stock-range": ("ALTER TABLE stock DROP CONSTRAINT ck_stock_reserved; UPDATE stock SET reserved = on_hand + 1",),
    "reward-offer": ("DELETE FROM assortment", "UPDATE assortment SET shown = false"),
    "card-number": (
        "UPDATE product SET offers = offers + 1",
        "UPDATE product_offer SET gtin = NULL WHERE gtin IS NOT NULL",
        "UPDATE product_offer SET product_id = (SELECT id FROM product WHERE gtin IS NOT NULL)",
    ),
    "card-shared": ("UPDATE reward SET shared = false",),
    "code-stock": (
        "UPDATE stock SET on_hand = on_hand + 1",
        "UPDATE code SET state = 'withdrawn' WHERE state = 'free'",
    ),
    "code-once": (
        "UPDATE code SET state = 'free' WHERE state = 'issued'",
        "DELETE FROM code_issue",
        "UPDATE reservation SET state = 'released', closed_at = now()",
        "UPDATE code_issue SET unit_no = 9",
    ),
    "category-path": ("UPDATE category SET path = ARRAY[9, parent_id] WHERE parent_id IS NOT NULL",),
}


@pytest.fixture
def owner(fresh_database: Config) -> Iterator[psycopg.Connection]:
    """The schema's owner, who could rewrite history, over a full story; nothing lasts."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        _story()
        assert [law.code for law in rewards.laws() if offending(law)] == []
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()


def _story() -> None:
    """A card of two offers, one of its own, a code given out, a supplier in two programs, a shelf below another."""
    ours, theirs = a_shop("ours"), a_shop("theirs")
    home = rewards.category(ours.program.id, "home")
    db.session.rollback()
    transact(lambda: rewards.create_category(ours.program.id, "tea", name_en="Tea", name_ru="Чай", parent_id=home.id))
    ours.supplies("first", an_offer("F1", barcode=PEN), an_offer("F2"))
    ours.supplies("second", an_offer("S1", barcode=PEN), an_offer("S2", weight=None, downloadable="true"))
    supplier_id = ours.suppliers["first"].id
    transact(lambda: rewards.share_supplier(ours.program.id, supplier_id, theirs.program.id))
    transact(lambda: rewards.assort(theirs.program.id, supplier_id=supplier_id))
    transact(lambda: rewards.publish(supplier_id))
    offer_id, card_id = ours.one("F2").offer_id, ours.one("S2").offer_id
    db.session.rollback()
    transact(lambda: rewards.reserve([(offer_id, 1, "k")]))
    transact(lambda: rewards.open_pool(ours.program.id, card_id))
    transact(lambda: rewards.upload_codes(ours.program.id, card_id, ["A", "B", "C"]))
    transact(lambda: rewards.reserve([(card_id, 2, "codes")]))
    transact(lambda: rewards.take_codes("codes", 1))


def test_every_crime_is_seen_by_its_law(owner: psycopg.Connection) -> None:
    known = {law.code: law for law in rewards.laws()}
    assert known.keys() == CRIMES.keys()

    for code, crimes in CRIMES.items():
        for crime in crimes:
            owner.execute("SAVEPOINT innocent")
            owner.execute(crime.encode())
            offenders = owner.execute(known[code].sql.encode()).fetchall()
            owner.execute("ROLLBACK TO SAVEPOINT innocent")
            assert offenders, (code, crime)
