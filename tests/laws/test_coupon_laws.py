"""Each law of coupons sees the crime it is there for."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.kernel import clock, laws
from coalition.kernel.db import execute, transact
from coalition.promotions import coupons
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.coupons.builders import a_batch, codes_of

CRIMES = {
    "CP1": "UPDATE coupon_batch SET made = made - 1, wanted = wanted - 1 WHERE code = 'autumn'",
    "CP2": "UPDATE coupon SET used = 0",
    "CP3": "INSERT INTO coupon_use (coupon_id, purchase_id, change) SELECT id, 99, -1 FROM coupon",
    "CP4": "UPDATE coupon_member SET used = 3",
    "CP5": "INSERT INTO coupon_use (coupon_id, purchase_id, change) SELECT id, 99, 1 FROM coupon",
}


@pytest.mark.parametrize("law", coupons.laws(), ids=lambda law: law.code)
def test_a_law_holds_until_it_is_broken(app: Flask, law: laws.Law) -> None:
    def work() -> None:
        program = a_program()
        anna = a_member(program, a_partner(program))
        batch = a_batch(program, member_uses_max=2)
        a_batch(program, "thanks", kind="issued", wanted=0)
        (given,) = coupons.issue(program.id, [coupons.Gift("thanks", anna.id, 1, "purchase:1", clock.now())])
        for purchase, code in enumerate([*codes_of(batch)[:2], *given], start=1):
            (found,) = coupons.claim(program.id, [coupons.Ask(anna.id, clock.now(), (code,))])
            coupons.redeem([coupons.Use(found[0], purchase, anna.id)])
        coupons.give_back([1])

    transact(work)
    assert laws.offending(law) == 0

    transact(lambda: execute(CRIMES[law.code]))

    assert laws.offending(law) >= 1
