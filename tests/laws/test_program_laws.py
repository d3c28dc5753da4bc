"""Each law of programs sees the crime it is there for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask

from coalition import programs
from coalition.kernel import laws
from coalition.kernel.db import execute, transact
from tests.coalition.purchases.builders import a_hold, a_receipt, a_shop

CRIMES = {
    "G1": "UPDATE program SET state = 'ended', sunset_ends_on = current_date - 9",
    "G2": "UPDATE lot SET restriction_id = 999",
    "G3": "UPDATE currency SET kind = 'tier', spendable = false",
}


@pytest.mark.parametrize("law", programs.laws(), ids=lambda law: law.code)
def test_a_law_holds_until_it_is_broken(app: Flask, law: laws.Law) -> None:
    shop = a_shop()
    shop.record(a_receipt(1_000))
    names = {"name_en": "tier points", "name_ru": "статусные баллы"}
    programs.add_currency(shop.program.id, "TIER", face_minor=Decimal(1), kind="tier", **names)
    a_hold(shop, 1)
    assert laws.offending(law) == 0

    transact(lambda: execute(CRIMES[law.code]))

    assert laws.offending(law) == 1
