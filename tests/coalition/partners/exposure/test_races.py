"""Many purchases at once at a limit: it is never exceeded, and what is left of it at the end is less than one award.

`EXPOSURE_ROUNDS` and `EXPOSURE_ISSUES` say how many: 1 round of 160, or 200 rounds of 1,000 in `make campaign`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from coalition import partners, purchases
from coalition.kernel import laws
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.partners import exposure
from coalition.partners.exposure import Limit
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import a_receipt, a_shop

ROUNDS, ISSUES = int(os.environ.get("EXPOSURE_ROUNDS", "1")), int(os.environ.get("EXPOSURE_ISSUES", "160"))
CLIENTS, MEMBERS, POINTS, PRICE = 16, 40, 7, 12_345


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_concurrent_issues_end_at_or_under_the_limit(live: Flask) -> None:
    shop = transact(a_shop)
    cards = [f"42760001{number:08}" for number in range(MEMBERS)]
    transact(lambda: [a_member(shop.program, shop.partner, card=card) for card in cards])

    def one(number: int) -> int:
        with live.app_context():
            try:
                member = {"kind": "card", "value": cards[number % MEMBERS]}
                receipt = a_receipt(POINTS * 200, member=member)
                (recorded,) = transact(lambda: purchases.record(shop.partner.id, [receipt]))
                assert isinstance(recorded, purchases.Recorded)
                return sum(award.units for award in recorded.awards)
            finally:
                db.session.remove()

    cap = 0
    with ThreadPoolExecutor(CLIENTS) as pool:
        for _ in range(ROUNDS):
            used = cap
            cap += (ISSUES // 2) * POINTS * PRICE + PRICE  # half of them fit, and a point too few for another
            transact(lambda cap=cap: exposure.set_limit(Limit(shop.entity.id, "credit", "decline", cap, PRICE)))

            granted = sum(pool.map(one, range(ISSUES)))

            [standing] = transact(lambda: exposure.standings(shop.program.id))
            assert standing.used <= cap
            assert standing.used - used <= granted * PRICE + POINTS * PRICE
            while one(0):  # whoever comes alone gets what haste has left
                continue
            [standing] = transact(lambda: exposure.standings(shop.program.id))
            assert 0 <= cap - standing.used < POINTS * PRICE
            assert [law.code for law in partners.laws() if transact(lambda law=law: laws.offending(law))] == []
            cap = standing.used
