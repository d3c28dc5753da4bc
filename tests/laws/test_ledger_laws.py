"""The laws of the ledger hold after a full story, and each of them sees the crime that it is there for."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from coalition import ledger
from coalition.kernel.clock import now
from coalition.kernel.db import db, raw, transact
from tests.coalition.ledger.conftest import BONUS, PROGRAM, SHOP, Book, offences

CRIMES = {
    "L2": "UPDATE entry SET amount = -amount WHERE kind = 2",
    "L3": "UPDATE wallet SET undrawn = undrawn + 1",
    "L4": "UPDATE hold SET captured = captured + 1 WHERE state = 'open'",
    "L5": "ALTER TABLE wallet DROP CONSTRAINT ck_wallet_sign; UPDATE wallet SET held = -1",
    "L6": "UPDATE entry SET currency_id = currency_id + 1 WHERE kind = 2",
    "L8": "ALTER TABLE entry DROP CONSTRAINT uq_entry_business_key; UPDATE entry SET external_id = '', operation = 1",
    "L9": "UPDATE entry SET amount = amount + 100 WHERE kind = 7",
    "A1": "UPDATE debt SET remaining = remaining - 1",
    "A2": "UPDATE clawback SET owed = owed + 1",
    "T6": "UPDATE entry SET restriction_id = 9 WHERE kind = 7",
    "L10": "UPDATE allocation SET amount = amount + 100 WHERE debit_id IN (SELECT id FROM entry WHERE kind = 4)",
    "L11": "GRANT UPDATE ON entry TO coalition_app",
    "L12": "UPDATE restored SET amount = amount + 1 WHERE turn = 1",
    "T1": "UPDATE lot SET remaining = remaining - 1",
    "T2": "UPDATE lot SET remaining = remaining - 1",
    "T3": "DELETE FROM allocation WHERE debit_id IN (SELECT id FROM entry WHERE kind = 2)",
    "T4": "UPDATE entry SET active_at = 'infinity' WHERE kind = 1",
    "T5": "UPDATE entry SET recorded_at = now() - interval '9 h'; UPDATE lot SET expires_at = now() - interval '9 h'",
    "H1": "ALTER TABLE hold DROP CONSTRAINT ck_hold_resolved; UPDATE hold SET captured = 1000 WHERE state = 'open'",
    "H2": "UPDATE hold SET expires_at = now() - interval '6 minutes' WHERE state = 'open'",
    "H3": "DELETE FROM hold",
    "F1": "UPDATE funding_leg SET weight = weight + 1",
}


@pytest.fixture
def owner(fresh_database) -> Iterator[psycopg.Connection]:
    """The schema's owner, who could rewrite history, in a transaction over a full story; nothing lasts."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        _story()
        assert offences() == {}
        db.engine.dispose()
    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()


def _story() -> None:
    book = Book()
    wallet = book.wallet()
    book.earn(wallet, 100, days=5, legs=((10, 2), (11, 1)))
    book.earn(wallet, 100, days=9)
    book.spend(wallet, 30)
    book.capture(book.hold(wallet, 30), 10)
    book.release(book.hold(wallet, 60))
    book.earn(book.wallet(2), 50, days=-1)
    other = book.wallet(3)
    credit = book.earn(other, 50, legs=((10, 2), (11, 1)))
    redeemed = book.spend(other, 40)
    book.give_back(other, redeemed.entry_id, 5)
    book.give_back(other, redeemed.entry_id, 5, order="pro_rata")
    book.claw_back(other, credit.entry_id, 30)
    book.earn(other, 7)
    book.earn(other, 100, restriction=4)
    paid = book.spend(other, 60, eligible=((4, 100),))
    book.give_back(other, paid.entry_id, 10)
    transact(lambda: _merge(other, book.wallet(4)))
    transact(lambda: ledger.expire(now(), 10))


def _merge(source: int, target: int) -> None:
    ledger.merge_wallets(
        source,
        target,
        program_id=PROGRAM,
        currency_id=BONUS,
        partner_id=SHOP,
        external_id="merge",
        request_hash=b"",
        occurred_at=now(),
    )


@pytest.mark.parametrize("law", ledger.laws(), ids=lambda law: law.code)
def test_every_law_sees_its_crime(owner: psycopg.Connection, law: ledger.Law):
    owner.execute(CRIMES[law.code].encode())

    rows = owner.execute(law.sql.encode()).fetchall()

    assert rows, f"{law.code} does not notice: {law.title}"


@pytest.mark.parametrize(
    ("code", "crime"),
    [
        ("L2", "UPDATE entry SET funding_id = NULL WHERE kind = 8"),
        ("L9", "UPDATE entry SET amount = amount + 100 WHERE kind = 7 AND funding_id IS NOT NULL"),
        ("L9", "UPDATE entry SET kind = 3 WHERE id IN (SELECT origin_id FROM entry WHERE kind = 7)"),
        ("L12", "DELETE FROM restored WHERE turn = 0"),
        ("L12", "UPDATE restored SET drawn_before = drawn_before + 1"),
        ("A1", "DELETE FROM debt"),
        ("A1", "UPDATE wallet SET arrears = arrears + 1"),
        ("A1", "UPDATE entry SET amount = amount - 1 WHERE kind = 9"),
        ("A2", "UPDATE entry SET amount = amount - 1 WHERE kind = 8"),
        ("A2", "UPDATE entry SET amount = 1 WHERE id IN (SELECT credit_id FROM clawback)"),
        (
            "T6",
            "UPDATE entry SET restriction_id = 9 WHERE id IN (SELECT a.lot_id FROM allocation a"
            " JOIN entry d ON d.id = a.debit_id WHERE d.kind = 9)",
        ),
        ("T1", "UPDATE lot SET restriction_id = 9"),
        ("T1", "UPDATE lot SET remaining = remaining - 1 WHERE entry_id IN (SELECT id FROM entry WHERE kind = 10)"),
        ("T3", "DELETE FROM allocation WHERE amount < 0 AND debit_id IN (SELECT id FROM entry WHERE kind = 7)"),
        ("T3", "DELETE FROM allocation WHERE debit_id IN (SELECT id FROM entry WHERE kind = 9)"),
    ],
)
def test_laws_see_what_is_done_to_points_that_are_owed_given_back_or_moved(owner, code: str, crime: str):
    (law,) = (law for law in ledger.laws() if law.code == code)

    assert owner.execute(crime.encode()).rowcount > 0

    assert owner.execute(law.sql.encode()).fetchall(), f"{code} does not notice: {law.title}"


@pytest.mark.parametrize("table", ["entry", "allocation", "account", "funding", "funding_leg"])
@pytest.mark.parametrize("deed", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_the_application_cannot_rewrite_history(session, table: str, deed: str):
    column = {"account": "owner", "funding": "spec"}.get(table, "funding_id")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw().execute(deed.format(table, column))
