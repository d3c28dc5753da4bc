"""What a supplier takes back it is not owed for: in the period of the delivery, in a later one, and in the books."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from settlement import accruals, statements
from settlement.terms import Prices
from tests.settlement.builders import Coalition, broken_laws

MAY, JUNE = dt.date(2026, 5, 5), dt.date(2026, 6, 5)


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition()
    coalition.join("S", Prices(vat_rate=Decimal("0.21")))
    coalition.deliver("S", MAY, 1000, 80)
    return coalition


def lines() -> list[tuple[str, int, int]]:
    rows = fetch_all(
        "SELECT l.code, l.quantity, l.net_minor FROM statement_line l JOIN statement_document d ON d.id = l.document_id"
        " WHERE d.mirrors_id IS NULL ORDER BY l.id"
    )
    return [tuple(row) for row in rows]


def position(coalition: Coalition) -> list[int]:
    rows = fetch_all(
        "SELECT position_minor FROM statement WHERE legal_entity_id = :id ORDER BY id", {"id": coalition.entities["S"]}
    )
    return [row.position_minor for row in rows]


def test_a_return_in_the_same_period_is_a_line_of_its_own_with_the_sign_turned(coalition: Coalition) -> None:
    coalition.take_back("S", MAY, 400)

    coalition.close("2026-05")

    assert lines() == [("supplied", 1, 1000), ("delivery", 1, 80), ("taken_back", -1, -400)]
    assert position(coalition) == [680 + 143]
    assert broken_laws() == {}


def test_a_return_after_the_close_is_owed_back_in_the_next_period(coalition: Coalition) -> None:
    coalition.close("2026-05")
    coalition.take_back("S", MAY, 1000)

    coalition.accrue()
    coalition.close("2026-06")

    assert lines() == [("supplied", 1, 1000), ("delivery", 1, 80), ("taken_back", -1, -1000)]
    assert position(coalition) == [1307, -1210]
    assert broken_laws() == {}


def test_the_books_can_be_computed_anew_with_their_returns(coalition: Coalition) -> None:
    coalition.take_back("S", JUNE, 400)

    transact(lambda: accruals.quiesce(60))
    rebuilt = transact(lambda: accruals.rebuild(coalition.program.id))

    assert (rebuilt.stored, rebuilt.differing) == (2, 0)


def test_behind_a_statement_stands_the_return_under_its_own_name(coalition: Coalition) -> None:
    number = coalition.take_back("S", MAY, 400)
    coalition.close("2026-05")

    row: Any = fetch_all("SELECT id FROM statement WHERE NOT is_operator")[0]
    found, _ = transact(lambda: statements.entries(statements.get(row.id), None, 10))

    back = found[-1]
    assert (back.code, back.reference, back.points) == ("taken_back", ids.public("rma", number), -1)
    assert (back.unit_price, back.amount) == (Decimal("4.00"), Decimal("-4.00"))
    assert sum(entry.amount for entry in found) == Decimal("6.80")
