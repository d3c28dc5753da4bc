"""Promo accounts: where they pay, how much of a receipt, and what is drawn first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from coalition import ledger, partners, programs, promotions
from coalition.kernel import clock
from coalition.kernel.db import fetch_all
from coalition.kernel.errors import Conflict, Invalid
from coalition.programs import SpendContext
from tests.builders import a_program
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop

_NAMES = {"name_en": "wine points", "name_ru": "винные баллы"}


def _eligible(currency: programs.Currency, **more: Any) -> dict[str, int]:
    context = SpendContext(**{"partner_id": 1, "outlet_id": 11, "groups": {}, "total": 10_000, **more})
    codes = {one.id: one.code for one in programs.promo_accounts(currency.program_id)}
    return {codes[number]: cap for number, cap in programs.eligible(currency, context) if number}


@pytest.mark.parametrize(
    ("where", "context", "cap"),
    [
        ({}, {}, 10_000),
        ({"partner_ids": [1, 2]}, {}, 10_000),
        ({"partner_ids": [2]}, {}, None),
        ({"outlet_ids": [11]}, {}, 10_000),
        ({"outlet_ids": [11]}, {"outlet_id": None}, None),
        ({"partner_ids": [1], "outlet_ids": [12]}, {}, None),
        ({"product_groups": ["wine"]}, {}, None),
        ({"product_groups": ["wine"]}, {"groups": {"wine": 1_999, "beer": 500}}, 1_999),
        ({"product_groups": ["wine", "beer"]}, {"groups": {"wine": 1_999, "beer": 500}}, 2_499),
        ({"share_bp": 5_000, "product_groups": ["wine"]}, {"groups": {"wine": 1_999}}, 999),  # rounded down
        ({"share_bp": 2_500, "cap_points": 300}, {}, 300),
        ({"share_bp": 1}, {"total": 9_999}, None),  # less than one point
    ],
)
def test_what_may_pay_depends_on_where_and_on_what(
    app: Flask, where: dict[str, Any], context: dict[str, Any], cap: int | None
) -> None:
    currency = programs.main_currency(a_program().id)
    programs.open_promo_account(currency.id, "wine", **_NAMES, **where)

    assert _eligible(currency, **context) == ({"wine": cap} if cap else {})


def test_a_cap_is_counted_in_points_at_their_face_value(app: Flask) -> None:
    currency = programs.main_currency(a_program().id)
    programs.change_currency(currency.id, face_minor=Decimal("0.75"))
    programs.open_promo_account(currency.id, "wine", **_NAMES, share_bp=1_000)

    assert _eligible(programs.main_currency(currency.program_id), total=1_009) == {"wine": 133}  # 1.00 EUR


def test_accounts_are_spent_by_their_priority_and_never_for_another_currency(app: Flask) -> None:
    program = a_program()
    currency = programs.main_currency(program.id)
    miles = programs.add_currency(program.id, "MIL", name_en="miles", name_ru="мили", face_minor=Decimal(2))
    for code, priority in (("late", 9), ("early", 1), ("soon", 1)):
        programs.open_promo_account(currency.id, code, **_NAMES, priority=priority)
    programs.open_promo_account(miles.id, "sky", **_NAMES)

    assert list(_eligible(currency)) == ["early", "soon", "late"]
    turns = [one == ledger.NEXT for one in programs.eligible(currency, SpendContext(0, None, {}, 10_000))]
    assert turns == [False, False, True, False]
    assert list(_eligible(miles)) == ["sky"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"expiry": "inactivity", "expiry_n": 3}, "/expiry"),
        ({"expiry": "days"}, "/expiry_n"),
        ({"expiry_n": 3}, "/expiry_n"),
        ({"share_bp": 0}, "/share_bp"),
        ({"cap_points": 0}, "/cap_points"),
    ],
)
def test_an_unsound_account_is_refused(app: Flask, wrong: dict[str, Any], pointer: str) -> None:
    currency = programs.main_currency(a_program().id)

    with pytest.raises(Invalid) as refusal:
        programs.open_promo_account(currency.id, "wine", **_NAMES, **wrong)

    assert [error.pointer for error in refusal.value.errors] == [pointer]


def test_a_code_is_taken_once(app: Flask) -> None:
    currency = programs.main_currency(a_program().id)
    programs.open_promo_account(currency.id, "wine", **_NAMES)

    with pytest.raises(Conflict, match="code_in_use"):
        programs.open_promo_account(currency.id, "wine", **_NAMES)


@pytest.fixture
def wine_shop(app: Flask) -> Shop:
    """A shop that gives 1 BON for 2.00 EUR, and another 1 for 1.00 that pays for wine, half of it, for 30 days."""
    shop = a_shop()
    account = programs.open_promo_account(
        shop.currency.id, "wine", **_NAMES, product_groups=["wine"], share_bp=5_000, expiry="days", expiry_n=30
    )
    promotions.create_base_rule(
        shop.program.id,
        shop.partner.id,
        shop.currency.id,
        code="wine",
        points=1,
        each_minor=100,
        promo_account_id=account.id,
        **_NAMES,
    )
    return shop


def test_a_purchase_fills_the_promo_account_with_an_expiry_of_its_own(wine_shop: Shop) -> None:
    today = clock.now()

    wine_shop.record(a_receipt(10_000, occurred_at=f"{today:%Y-%m-%dT%H:%M:%SZ}"))

    (account,) = programs.promo_accounts(wine_shop.program.id)
    rows = fetch_all("SELECT amount, restriction_id, expires_at FROM entry ORDER BY amount")
    ends_at = programs.birth(wine_shop.currency, today, "Europe/Riga", promo=account).expires_at
    assert [(row.amount, row.restriction_id) for row in rows] == [(50, None), (100, account.id)]
    assert rows[1].expires_at == ends_at < rows[0].expires_at


def test_promo_points_pay_for_their_goods_first_and_for_nothing_else(wine_shop: Shop) -> None:
    wine_shop.record(a_receipt(10_000, occurred_at=clock.now().isoformat()))
    partners.add_group(wine_shop.program.id, "wine", name_en="wine", name_ru="вино")
    partners.assign(wine_shop.partner.id, "wine", ["MERLOT"])
    lines = [("MERLOT", 120), ("BREAD", 500)]
    groups = partners.spent_by_group(wine_shop.partner.id, lines)
    context = SpendContext(wine_shop.partner.id, None, groups, 620)

    spent = _spend(wine_shop, 80, programs.eligible(wine_shop.currency, context), "P-1")
    elsewhere = _spend(wine_shop, 60, (), "P-2")

    assert groups == {"wine": 120}
    assert spent.refused is None
    assert elsewhere.refused == "insufficient_points"  # 30 ordinary ones are left
    left = fetch_all("SELECT restriction_id IS NOT NULL AS promo, remaining FROM lot ORDER BY 1")
    assert [(row.promo, row.remaining) for row in left] == [(False, 30), (True, 40)]  # 60 of wine, then 20


def test_a_rule_cannot_fill_an_account_of_another_currency(wine_shop: Shop) -> None:
    miles = programs.add_currency(wine_shop.program.id, "MIL", name_en="miles", name_ru="мили", face_minor=Decimal(2))
    (account,) = programs.promo_accounts(wine_shop.program.id)

    with pytest.raises(IntegrityError):
        promotions.create_base_rule(
            wine_shop.program.id,
            wine_shop.partner.id,
            miles.id,
            code="sky",
            points=1,
            each_minor=100,
            promo_account_id=account.id,
            **_NAMES,
        )


def _spend(shop: Shop, amount: int, eligible: tuple[tuple[int, int], ...], external_id: str) -> ledger.Posted:
    kinds = ledger.AccountKind
    debit = ledger.Debit(
        account_id=ledger.account(shop.program.id, shop.currency.id, kinds.WALLET, shop.member.id),
        contra_id=ledger.account(shop.program.id, shop.currency.id, kinds.REDEMPTION, shop.entity.id),
        amount=amount,
        occurred_at=clock.now(),
        program_id=shop.program.id,
        partner_id=shop.partner.id,
        currency_id=shop.currency.id,
        operation=ledger.Operation.PURCHASE,
        external_id=external_id,
        request_hash=b"spend",
        eligible=eligible,
    )
    return ledger.post([debit])[0]
