"""Netting: documents stay gross, payments are netted, and nothing is left over."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from decimal import Decimal

from flask import Flask

from coalition.kernel.db import transact
from coalition.kernel.money import to_minor
from settlement import statements
from settlement.statements.obligations import Obligation, net, obligation
from tests.settlement.builders import Coalition, on_issue
from tests.settlement.statements.test_arithmetic_vectors import OPERATOR, the_quarter

PERIODS = 10_000


def test_vector_quarter_is_netted_to_the_cent() -> None:
    drawn = the_quarter("FEFO")

    found = net(obligation(document) for one in drawn if not one.is_operator for document in one.documents)

    assert found.gross_minor == to_minor(Decimal("52.92"))
    paid = sum(abs(came_to) for entity_id, came_to in found.multilateral.items() if entity_id != OPERATOR)
    assert paid == to_minor(Decimal("33.72"))
    assert {one.entity_id: one.position_minor for one in drawn} == found.multilateral


def test_over_random_periods_bilateral_sums_are_multilateral_ones_and_all_of_them_are_zero() -> None:
    chance = random.Random(5)
    for _ in range(PERIODS):
        parties = range(1, chance.randint(2, 7))
        owed = [
            Obligation(chance.choice(parties), chance.choice(parties), chance.choice((0, 1, chance.randint(0, 10**12))))
            for _ in range(chance.randint(0, 12))
        ]

        found = net(owed)

        sums, positions = Counter[int](), Counter[int]()
        for pair in found.bilateral:
            sums[pair.entity_id] += pair.net_minor
        for one in owed:
            positions[one.creditor_id] += one.amount_minor
            positions[one.debtor_id] -= one.amount_minor
        assert sums == found.multilateral == {party: positions[party] for party in found.multilateral}
        assert sum(pair.net_minor for pair in found.bilateral) == 0 == sum(found.multilateral.values())
        assert found.multilateral_minor <= found.bilateral_minor <= found.gross_minor


def test_a_closed_period_is_netted_from_its_documents(live: Flask) -> None:
    coalition = Coalition()
    entity = coalition.join("A", on_issue("0.01", redeemer_rate=Decimal("0.008")))
    coalition.issue(1000, dt.date(2026, 5, 5), {"A": 1})
    coalition.redeem(500, dt.date(2026, 5, 6), "A")

    period = coalition.close("2026-05").period

    found = transact(lambda: statements.netting(period.id))
    assert (found.gross_minor, found.bilateral_minor, found.multilateral_minor) == (1400, 600, 600)
    assert found.multilateral == {entity: -600, coalition.operator.id: 600}
    [payable] = transact(lambda: statements.payables(period.id))
    assert (payable.legal_entity_id, payable.currency, payable.amount_minor) == (entity, "EUR", -600)
