"""What eight sessions do to the same wallets at once could have happened one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from tests import guards
from tests.coalition.ledger.conftest import offences
from tests.model.books import Books
from tests.model.witness import WALLETS, at_once, witness

DEEDS = 60


@pytest.fixture
def application(fresh_database: Config) -> Iterator[Flask]:
    from wsgi import create_app

    application = create_app(fresh_database)
    yield application
    with application.app_context():
        db.engine.dispose()


def _sessions_agree_with_a_serial_order(application: Flask) -> None:
    with application.app_context():
        books = transact(lambda: Books("w", WALLETS))
        model = witness(at_once(application, books, DEEDS))
        standings, contents = transact(lambda: (books.standings(), books.contents()))
        for wallet in range(WALLETS):
            assert (standings[wallet], contents[wallet]) == (model.standing(wallet, 0), model.contents(wallet))
        assert offences() == {}
        db.session.remove()


def test_eight_sessions_have_a_serial_witness(application: Flask) -> None:
    _sessions_agree_with_a_serial_order(application)


def test_without_the_wallets_lock_there_is_none(application: Flask, fresh_database: Config) -> None:
    guards.without_locks(fresh_database.owner_url)

    with pytest.raises(Exception):  # noqa: B017 - a lost update shows as one or another error
        for _ in range(3):
            _sessions_agree_with_a_serial_order(application)
