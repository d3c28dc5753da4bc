"""The laws of purchases hold after a full story, and each of them sees the crime that it is there for."""

from __future__ import annotations

import psycopg
import pytest

from coalition import programs, promotions, purchases
from coalition.kernel.db import raw
from coalition.kernel.laws import Law
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import (
    a_body,
    a_hold,
    a_receipt,
    a_return,
    a_shop,
    a_void,
    bought,
    give_back,
    public_hold,
)
from tests.laws.test_source_laws import CRIMES as SOURCE_CRIMES

CRIMES = {
    "R1": "UPDATE purchase SET total_minor = total_minor + 1",
    "R2": "UPDATE award SET units = units + 1",
    "R3": "DELETE FROM purchase_tender",
    "R4": "UPDATE award SET lines = '{}'",
    "R8": "UPDATE return_line SET parts = parts + 1, parts_sold = parts_sold + 1 WHERE parts_before = 0",
    "R9": "UPDATE return_effect SET own = own + 1, units = units + 1 WHERE own > 0",
    "R10": "UPDATE return_restore SET units = units + 1",
    "R11": "DELETE FROM return_restore",
    "R12": "DELETE FROM return_effect",
    "R13": "UPDATE purchase_return SET refund_minor = refund_minor + 1",
    "R14": "UPDATE purchase_tender SET amount_minor = amount_minor + 1",
    "R18": "UPDATE award SET returns = 'none' WHERE returns = 'reevaluate'",
}


def test_every_crime_is_seen_by_its_law(owner: psycopg.Connection) -> None:
    known: dict[str, Law] = {law.code: law for law in purchases.laws()}
    assert known.keys() == CRIMES.keys() | SOURCE_CRIMES.keys()

    for code, crime in CRIMES.items():
        owner.execute("SAVEPOINT innocent")
        owner.execute(crime.encode())
        offences = owner.execute(known[code].sql.encode()).fetchall()
        owner.execute("ROLLBACK TO SAVEPOINT innocent")
        assert offences, code


@pytest.mark.parametrize("table", ["purchase_line", "award", "purchase_tender", "purchase_return", "return_line"])
@pytest.mark.parametrize("deed", ["UPDATE {0} SET purchase_id = 1", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_the_application_cannot_rewrite_what_was_bought_or_returned(session: object, table: str, deed: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw().execute(deed.format(table).encode())


def story() -> None:
    """Purchases paid with points and without; one given back in parts, one voided, one whose points were spent."""
    shop = a_shop()
    programs.change(shop.program.id, return_policy="arrears")
    programs.change_currency(shop.currency.id, debt_floor=50)
    shop.record(a_receipt(100_000))
    hold = a_hold(shop, 300)
    paid = bought(shop, a_body(1000, 500, hold_id=public_hold(hold)))
    give_back(shop, a_return(paid, {1: 400}))
    give_back(shop, a_return(paid, {1: 600, 2: 1}))
    give_back(shop, a_void(bought(shop, a_body(2000))))
    spent = bought(shop, a_body(90_000))
    a_hold(shop, shop.available() - 10)
    give_back(shop, a_return(spent, {1: 1000}))
    fixed = a_document("fixed", a_credit("fixed", points=100), returns="reevaluate", when=AT_LEAST_TEN)
    promotions.publish(shop.program.id, [fixed], actor=ACTOR)
    give_back(shop, a_return(bought(shop, a_body(800, 400)), {1: 500}))


AT_LEAST_TEN = {"f": "receipt.total", "op": "gte", "v": 1000}
