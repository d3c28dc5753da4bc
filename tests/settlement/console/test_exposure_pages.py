"""Finance's limits on a page: what is used, what is nearly reached, and what was declined."""

from __future__ import annotations

from flask import Flask

from coalition.kernel.db import transact
from coalition.partners import exposure
from coalition.partners.exposure import Limit
from tests.coalition.purchases.builders import a_receipt, a_shop
from tests.settlement.console.test_agreement_pages import signed_in


def test_a_limit_that_was_reached_is_shown_with_what_was_declined(live: Flask) -> None:
    shop = transact(a_shop)
    transact(lambda: exposure.set_limit(Limit(shop.entity.id, "prefund", "decline", 1_000_000, 10_000)))
    finance = signed_in(live, "ann")
    assert "in order" in finance.get("/console/limits").text
    transact(lambda: shop.record(a_receipt(18_000)))
    assert "nearly reached" in finance.get("/console/limits").text

    transact(lambda: shop.record(a_receipt(18_000)))

    page = " ".join(finance.get("/console/limits").text.split())
    assert shop.entity.name in page
    assert "reached" in page
    assert "€0.90" in page
    assert "90%" in page


def test_others_have_no_right_to_see_limits(live: Flask) -> None:
    assert signed_in(live, "cyd", "support").get("/console/limits").status_code == 403
