"""Points that count for a tier: they are booked beside what they go with, and come and go with it."""

from __future__ import annotations

from typing import Any

from flask import Flask

from coalition import ledger, members, partners, promotions
from coalition.kernel import clock
from coalition.kernel.db import raw
from coalition.kernel.laws import offending
from coalition.ledger import AccountKind
from coalition.partners import exposure
from coalition.partners.exposure import Limit
from coalition.promotions import granting
from coalition.purchases import Recorded
from tests.builders import a_program
from tests.coalition.members.builders import a_ladder
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_line, a_receipt, a_return, a_shop, give_back


def test_points_that_qualify_lift_a_member_and_nobody_but_the_operator_stands_for_them(app: Flask) -> None:
    shop = _shop(a_document("tenth", a_credit("percent", bp=1_000, qualifying=True)))

    earned = _bought(shop, 700, 500)

    legs = {lot.amount: lot.legs for lot in ledger.lots(_wallet(shop))}
    assert earned == {"BON": (120, {"1": 70, "2": 50}), "ELT": (120, {"1": 70, "2": 50})}
    assert legs == {120: ((partners.operator_entity(shop.program.id).id, 1),)}
    assert members.get(shop.program.id, shop.member.id).tier == "silver"
    assert [law.code for law in granting.laws() if offending(law)] == []


def test_a_return_takes_them_back_with_what_they_went_with_however_that_is_reckoned(app: Flask) -> None:
    for returns in ("proportional", "reevaluate"):
        shop = _shop(a_document("tenth", a_credit("percent", bp=1_000, qualifying=True), returns=returns))
        (recorded,) = shop.record(a_receipt(lines=[a_line(1, 700), a_line(2, 500)]))
        assert isinstance(recorded, Recorded)

        returned = give_back(shop, a_return(recorded.id, {2: 1000}))

        assert sorted(one.units for one in returned.clawed_back if one.award.promotion == "tenth") == [50, 50]


def test_where_a_funder_lets_a_part_through_only_that_part_counts(app: Flask) -> None:
    shop = _shop(a_document("tenth", a_credit("percent", bp=1_000, qualifying=True), sponsor={"partner": "payer"}))
    payer = partners.entities_of(partners.by_code(shop.program.id, "payer").id)[0]
    exposure.set_limit(Limit(payer.id, "credit", "throttle", 30 * 10**6, 10**6))

    earned = _bought(shop, 1_200)

    assert earned == {"BON": (30, {"1": 30}), "ELT": (30, {"1": 30})}
    assert [law.code for law in granting.laws() if offending(law)] == []


def test_a_draft_that_counts_for_tiers_needs_a_program_that_has_them(app: Flask) -> None:
    program = a_program()
    document = a_document("tenth", a_credit("percent", bp=1_000, qualifying=True))

    before = promotions.save_draft(program.id, "tenth", document, actor=ACTOR).problems
    a_ladder(program)
    after = promotions.save_draft(program.id, "tenth", document, actor=ACTOR).problems

    assert [(one.pointer, one.code) for one in before] == [("/effects/0/qualifying", "no_tiers")]
    assert after == ()


def _shop(document: dict[str, Any]) -> Shop:
    shop = a_shop()
    a_shop(shop.program, code="payer", card="4276000099999999")
    raw().execute("UPDATE base_rule SET valid_to = valid_from + interval '1 second'")
    a_ladder(shop.program)
    promotions.publish(shop.program.id, [document], actor=ACTOR)
    return shop


def _bought(shop: Shop, *amounts: int) -> dict[str, tuple[int, Any]]:
    (recorded,) = shop.record(a_receipt(*amounts, occurred_at=clock.now().isoformat()))
    assert isinstance(recorded, Recorded)
    own = [one for one in recorded.awards if one.promotion == "tenth"]
    return {"BON" if one.currency_id == shop.currency.id else "ELT": (one.units, one.lines) for one in own}


def _wallet(shop: Shop) -> int:
    known = members.ladder(shop.program.id)
    return ledger.accounts(shop.program.id, known.currency_id or 0, AccountKind.WALLET, [shop.member.id])[
        shop.member.id
    ]
