"""Currencies over HTTP: what an amount of 1 is, in money and in points."""

from __future__ import annotations

from decimal import Decimal

from coalition import programs
from coalition.kernel.db import transact
from tests.coalition.api.till import Till


def test_every_currency_says_how_many_decimals_its_minor_unit_has(till: Till) -> None:
    program = till.shop.program
    transact(
        lambda: programs.add_currency(
            program.id, "MIL", name_en="miles", name_ru="мили", face_minor=Decimal(1), decimals=2, spendable=False
        )
    )

    money, bonuses, miles = till.get("/currencies").json["items"]

    assert money == {
        "code": "EUR",
        "kind": "money",
        "decimals": 2,
        "name": None,
        "main": True,
        "spendable": True,
    }
    assert (bonuses["code"], bonuses["kind"], bonuses["decimals"], bonuses["main"]) == ("BON", "points", 0, True)
    assert miles == {
        "code": "MIL",
        "kind": "points",
        "decimals": 2,
        "name": {"en": "miles", "ru": "мили"},
        "main": False,
        "spendable": False,
    }
    first = till.get("/currencies?limit=1").json
    assert first["items"] == [money]
    assert till.get(f"/currencies?limit=1&cursor={first['next_cursor']}").json["items"] == [bonuses]
