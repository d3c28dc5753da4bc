"""What makes the demo a club: tiers, a subscription, promo points, miles, a family of two, and a debt.

All of it comes after the past was recorded, so that the figures of the closed periods stay what they were.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

from coalition import members, partners, programs, promotions, purchases, wallets
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.idempotency import request_hash
from coalition.members import Benefits, Plan, Tier
from integrations.demo.seeding.partners_side import CURRENCY, MEMBER_CARD, ZONE, Made

BORIS_CARD = "9843000000008812"
CLARA_CARD = "9843000000007734"
_PEOPLE = (("boris", "Boris", "Ozols", BORIS_CARD), ("clara", "Clara", "Kalniņa", CLARA_CARD))
_TIERS = (
    Tier("silver", "Silver", "Серебряный", 500, Benefits(11_000)),
    Tier("gold", "Gold", "Золотой", 2_000, Benefits(12_500, delivery_free=True)),
)
_PLUS = Plan("plus", "Coral Plus", "Coral Плюс", 499, 1, benefits=Benefits(12_000, delivery_free=True))
_GROUPS = (("fuel", "Fuel", "Топливо"), ("tobacco", "Tobacco", "Табак"))
_DEBT_FLOOR = 500


def open_club(made: Made) -> None:
    """Everything, in two transactions: what the program allows, then what its members have done."""
    transact(lambda: _allow(made))
    transact(lambda: _live(made))


def _allow(made: Made) -> None:
    program, main = made.program, programs.main_currency(made.program.id)
    today = clock.local_date(clock.now(), ZONE)
    counted = programs.add_currency(
        program.id, "TIE", name_en="tier points", name_ru="баллы уровня", face_minor=Decimal(1), kind="tier"
    )
    miles: dict[str, Any] = {"name_en": "miles", "name_ru": "мили", "face_minor": Decimal("1.5"), "kind": "miles"}
    miles |= {"expiry": "inactivity", "expiry_n": 18}
    flown = programs.add_currency(program.id, "MIL", **miles)
    programs.set_rate(main.id, flown.id, Decimal("0.4"), since=today - dt.timedelta(days=200))
    programs.set_rate(main.id, flown.id, Decimal("0.5"), since=today - dt.timedelta(days=20))
    members.set_tiers(program.id, counted.id, _TIERS)
    members.add_plan(program.id, _PLUS)
    for code, name_en, name_ru in _GROUPS:
        partners.add_group(program.id, code, name_en=name_en, name_ru=name_ru)
    partners.assign(made.shops["petrogo"].id, "fuel", ["E95", "DIESEL"])
    programs.change(program.id, return_policy="arrears")
    programs.change_currency(main.id, debt_floor=_DEBT_FLOOR, spend_group_bp={"tobacco": 0})
    _promise(made, main, counted)


def _promise(made: Made, main: programs.Currency, counted: programs.Currency) -> None:
    """Base rules: tier points at every shop, and promo points for petrol for what is bought at FreshMart."""
    station = made.shops["petrogo"]
    names: dict[str, Any] = {"name_en": "Fuel days", "name_ru": "Топливные дни"}
    fuel = programs.open_promo_account(
        main.id,
        "fuel-days",
        **names,
        partner_ids=[station.id],
        product_groups=["fuel"],
        share_bp=5_000,
        expiry="days",
        expiry_n=60,
    )
    rule: dict[str, Any] = {"points": 1, "each_minor": 500, "code": "fuel-days", "promo_account_id": fuel.id}
    promotions.create_base_rule(made.program.id, made.shops["freshmart"].id, main.id, **rule, **names)
    for shop in made.shops.values():
        tier = {"name_en": "Tier points: 1 per 1.00 EUR", "name_ru": "Баллы уровня: 1 за 1.00 EUR"}
        rule = {"points": 1, "each_minor": 100, "code": "tier", **tier}
        promotions.create_base_rule(made.program.id, shop.id, counted.id, **rule)


def _live(made: Made) -> None:
    """Anna shops herself into a tier; Boris is of her family and subscribes; Clara brings back what she spent."""
    anna = _whose(made, MEMBER_CARD)
    boris, _ = (_enrol(made, *person) for person in _PEOPLE)
    _buy(made, "freshmart", "CLUB-1", MEMBER_CARD, 6, 24_500)
    _buy(made, "homeline", "CLUB-2", MEMBER_CARD, 4, 31_900)
    _buy(made, "petrogo", "CLUB-3", BORIS_CARD, 3, 8_200)
    _buy(made, "freshmart", "CLUB-4", BORIS_CARD, 2, 12_600)
    members.invite(made.program.id, anna, ("card", BORIS_CARD))
    [invitation] = members.invitations(boris)
    members.accept(made.program.id, boris, invitation.family_id)
    members.subscribe(made.program.id, boris, _PLUS.code, payment="CARD-7000412")
    bought = _buy(made, "homeline", "CLUB-5", CLARA_CARD, 5, 20_000)
    _buy(made, "freshmart", "CLUB-6", CLARA_CARD, 2, 900, payments=[{"kind": "redeem", "amount": 280}])
    back = {"external_id": "CLUB-5-BACK", "occurred_at": clock.now().isoformat(), "lines": [{"no": 1}]}
    request = replace(purchases.read_return(back, purchases.RETURN), purchase_id=bought)
    purchases.record_returns(made.shops["homeline"].id, [request])
    _fly(made, anna)


def _fly(made: Made, member_id: int) -> None:
    """Some of the member's points become miles."""
    program, main = made.program, programs.main_currency(made.program.id)
    miles = programs.currency(program.id, "MIL")
    spend = wallets.Spend(
        program_id=program.id,
        partner_id=made.operator.id,
        member_id=member_id,
        currency=main,
        amount=100,
        external_id="club-miles",
        request_hash=request_hash("club-miles"),
    )
    wallets.convert(spend, miles)


def _whose(made: Made, card: str) -> int:
    key = ("card", card)
    return members.identify(made.program.id, made.shops["freshmart"].id, [key])[key]


def _enrol(made: Made, code: str, first_name: str, last_name: str, card: str) -> int:
    profile = members.Profile(first_name=first_name, last_name=last_name, email=f"{code}@example.com", locale="en")
    enrolment = members.Enrolment(code, request_hash(code), profile, (("card", card),))
    member, _ = members.enrol(made.program.id, made.shops["freshmart"].id, enrolment)
    return member.id


def _buy(made: Made, shop: str, external_id: str, card: str, days_ago: int, amount: int, **more: Any) -> int:
    """A purchase of one line; its number."""
    line = {"no": 1, "sku": "BASKET", "name": "Shopping", "qty_m": 1000, "price": amount, "amount": amount}
    body = {
        "external_id": f"{shop.upper()}-{external_id}",
        "occurred_at": (clock.now() - dt.timedelta(days=days_ago)).isoformat(),
        "outlet": next(one for one in partners.list_outlets(made.shops[shop].id)).code,
        "member": {"kind": "card", "value": card},
        "currency": CURRENCY,
        "lines": [line],
        **more,
    }
    [recorded] = purchases.record(made.shops[shop].id, [purchases.read(body)])
    if isinstance(recorded, purchases.Refused):
        raise recorded.refusal
    return recorded.id
