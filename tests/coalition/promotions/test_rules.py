"""Base rules as versions: a new one ends the old one, and late receipts find theirs."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.exc import IntegrityError

from coalition import programs, promotions
from coalition.promotions import Rule
from tests.builders import a_partner, a_program

pytestmark = pytest.mark.usefixtures("session")
MAY = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def _rule(partner_id: int, program_id: int, points: int, valid_from: dt.datetime | None = None) -> Rule:
    currency = programs.main_currency(program_id)
    names = {"name_en": "Base", "name_ru": "База"}
    return promotions.create_base_rule(
        program_id, partner_id, currency.id, points=points, each_minor=100, valid_from=valid_from, **names
    )


def test_a_new_version_begins_where_the_old_one_ends() -> None:
    program = a_program()
    shop = a_partner(program)
    first = _rule(shop.id, program.id, 1)

    second = _rule(shop.id, program.id, 2, MAY)

    in_force = promotions.in_force(shop.id)
    assert (first.version, second.version) == (1, 2)
    assert [rule.version for rule in in_force if rule.covers(MAY)] == [2]
    assert [rule.version for rule in in_force if rule.covers(MAY - dt.timedelta(seconds=1))] == [1]


def test_two_versions_cannot_hold_at_once() -> None:
    program = a_program()
    shop = a_partner(program)
    _rule(shop.id, program.id, 1, MAY)
    _rule(shop.id, program.id, 2, MAY + dt.timedelta(days=30))

    with pytest.raises(IntegrityError):
        _rule(shop.id, program.id, 3, MAY + dt.timedelta(days=10))
