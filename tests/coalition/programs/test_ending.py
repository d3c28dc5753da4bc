"""The end of a program: after its last day nothing is left but what open holds pin, and that goes when they close."""

from __future__ import annotations

import datetime as dt

from flask import Flask

from coalition import ledger, programs, promotions
from coalition.kernel import clock, jobs, laws
from coalition.kernel.db import execute, fetch_all, transact
from tests.coalition.programs.builders import in_state, today
from tests.coalition.purchases.builders import Shop, a_hold, a_receipt, a_shop

_NAMES = {"name_en": "wine points", "name_ru": "винные баллы"}


def _a_rich_shop() -> Shop:
    """A shop whose member has 500 ordinary points, 250 that pay for wine, and 250 that are still pending."""
    shop = a_shop()
    account = programs.open_promo_account(shop.currency.id, "wine", **_NAMES, product_groups=["wine"])
    where = (shop.program.id, shop.partner.id, shop.currency.id)
    rule = {"code": "wine", "points": 1, "each_minor": 400, "promo_account_id": account.id, **_NAMES}
    promotions.create_base_rule(*where, **rule)
    shop.record(a_receipt(100_000))
    promotions.create_base_rule(*where, **{**rule, "promo_account_id": None})
    programs.change_currency(shop.currency.id, activation_days=60)
    shop.record(a_receipt(50_000, occurred_at=f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"))
    return shop


def _end(shop: Shop) -> None:
    """Let its last day have been the day before yesterday, and do what the schedule does."""
    last = today() - dt.timedelta(days=2)
    transact(lambda: in_state("sunset", shop.program))
    transact(lambda: execute("UPDATE program SET sunset_ends_on = :last", {"last": last}))
    transact(lambda: programs.change(shop.program.id))
    transact(lambda: jobs.enqueue("programs.end", {}))
    jobs.run_due()


def test_points_of_every_kind_expire_with_their_program(app: Flask) -> None:
    shop = transact(_a_rich_shop)

    _end(shop)

    assert programs.get(shop.program.id).state == "ended"
    assert fetch_all("SELECT FROM wallet WHERE undrawn > 0") == []
    expired = fetch_all("SELECT amount, occurred_at FROM entry WHERE kind = 6")
    assert sum(row.amount for row in expired) == -1125
    assert all(row.occurred_at < clock.now() - dt.timedelta(days=1) for row in expired)
    assert [law.code for law in [*programs.laws(), *ledger.laws()] if laws.offending(law)] == []


def test_what_a_hold_pins_goes_when_it_is_released(app: Flask) -> None:
    shop = transact(_a_rich_shop)
    hold = transact(lambda: a_hold(shop, 100))
    _end(shop)
    assert fetch_all("SELECT held FROM wallet WHERE held > 0") == [(100,)]

    transact(
        lambda: ledger.release(
            (hold.account_id, hold.id), external_id="X", partner_id=shop.partner.id, request_hash=b"release"
        )
    )
    transact(lambda: jobs.enqueue("programs.end", {}))
    jobs.run_due()

    assert fetch_all("SELECT FROM wallet WHERE undrawn > 0 OR held > 0") == []
