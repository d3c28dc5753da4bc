"""What `/metrics` tells of points: what a purchase issued and what was redeemed, each once, as accruals follow."""

from __future__ import annotations

from flask import Flask

from coalition.kernel.db import transact
from coalition.purchases import Recorded
from tests.coalition.purchases.builders import a_receipt, a_return, a_shop, give_back
from tests.settlement.builders import Coalition, broken_laws


def told(live: Flask, coalition: Coalition, what: str) -> float:
    text = live.test_client().get("/metrics").text
    name = f'coalition_points_{what}_total{{currency="{coalition.currency.code}",program="{coalition.program.code}"}}'
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


def test_a_purchase_and_what_is_redeemed_are_counted_once_and_a_return_takes_nothing_off(live: Flask) -> None:
    coalition = Coalition()
    shop = transact(lambda: a_shop(coalition.program, "A"))
    one = 10**coalition.currency.decimals
    account = shop.member.id

    [bought] = transact(lambda: shop.record(a_receipt(2000)))
    assert isinstance(bought, Recorded)
    before = told(live, coalition, "issued")
    coalition.accrue()
    issued = told(live, coalition, "issued")
    coalition.redeem(4 * one, bought.occurred_at.date(), member=account)
    transact(lambda: give_back(shop, a_return(bought.id, {1: 500})))
    for _ in range(2):
        coalition.accrue()

    assert (before, issued) == (0, 10)
    assert (told(live, coalition, "issued"), told(live, coalition, "redeemed")) == (10, 4)
    assert broken_laws() == {}
