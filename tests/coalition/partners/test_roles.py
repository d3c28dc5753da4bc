"""What a partner may do by its roles: issue points, take them, or neither."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from coalition import partners, programs, purchases
from coalition.kernel.db import execute
from coalition.kernel.errors import Invalid
from tests.builders import a_partner
from tests.coalition.api.till import a_till
from tests.coalition.purchases.builders import CARD, Shop, a_body, a_card, a_receipt, a_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop whose member has 500 BON."""
    shop = a_shop()
    shop.record(a_receipt(100_000))
    return shop


def test_a_partner_begins_as_issuer_and_redeemer_and_a_supplier_supplies_too(shop: Shop) -> None:
    assert shop.partner.roles == {"issuer", "redeemer"}
    assert a_partner(shop.program, kind="supplier").roles == {"issuer", "redeemer", "supplier"}
    assert shop.program.kind == "coalition"


def test_who_is_no_issuer_records_no_purchase_that_earns(shop: Shop) -> None:
    before = a_receipt(1_000)
    shop.record(before)
    partners.give_roles(shop.partner.id, ["redeemer"])

    again, fresh, anonymous = shop.record(before, a_receipt(1_000), a_receipt(1_000, member=None))
    (paid,) = shop.record(a_receipt(1_000, payments=[{"kind": "redeem", "amount": 100}]))

    assert isinstance(again, purchases.Recorded)
    assert isinstance(fresh, purchases.Refused)
    assert fresh.refusal.code == "not_an_issuer"
    assert isinstance(anonymous, purchases.Recorded)
    assert isinstance(paid, purchases.Recorded)
    assert paid.awards == ()


def test_who_is_no_issuer_rewards_no_event_and_opens_no_balance(shop: Shop) -> None:
    partners.give_roles(shop.partner.id, ["redeemer"])
    said = {"external_id": "E-1", "type": "review", "occurred_at": "2026-11-20T09:30:00Z"}
    event = purchases.read_event({**said, "member": {"kind": "card", "value": CARD}})
    card, bare = (purchases.interpret({"type": "card", **one}) for one in (a_card(1), a_card(2, balance=None)))
    assert isinstance(card, purchases.Takeover)
    assert isinstance(bare, purchases.Takeover)

    (refused,) = purchases.record_events(shop.partner.id, [event], purchases.Via())
    opened, bound = purchases.record_takeovers(shop.partner.id, [card, bare], 1)

    assert isinstance(refused, purchases.Refused)
    assert refused.refusal.code == "not_an_issuer"
    assert isinstance(opened, purchases.Refused)
    assert opened.refusal.code == "not_an_issuer"
    assert isinstance(bound, purchases.TakenOver)


def test_nobody_spends_points_at_a_partner_that_is_no_redeemer(app: Flask, shop: Shop) -> None:
    till = a_till(shop, app.test_client())
    partners.give_roles(shop.partner.id, ["issuer"])

    (paid,) = shop.record(a_receipt(1_000, payments=[{"kind": "redeem", "amount": 100}]))
    assert isinstance(paid, purchases.Refused)
    assert paid.refusal.code == "not_a_redeemer"

    wanted = {"external_id": "H-1", "points": {"amount": 10, "currency": "BON"}, "ttl_s": 60, "purpose": "till"}
    held = till.post("/holds", {**wanted, "member": {"kind": "card", "value": CARD}})
    assert (held.status_code, held.json["code"]) == (409, "not_a_redeemer")


def test_a_role_that_nobody_knows_is_refused_by_room_and_schema(shop: Shop) -> None:
    with pytest.raises(Invalid):
        partners.give_roles(shop.partner.id, ["owner"])
    with pytest.raises(IntegrityError):
        execute("UPDATE partner SET roles = '{owner}' WHERE id = :id", {"id": shop.partner.id})


def test_the_kind_of_a_program_is_one_of_three(shop: Shop) -> None:
    assert programs.change(shop.program.id, kind="co_brand").kind == "co_brand"
    with pytest.raises(Invalid):
        programs.change(shop.program.id, kind="pyramid")


def test_a_receipt_over_the_api_says_why(app: Flask, shop: Shop) -> None:
    till = a_till(shop, app.test_client())
    partners.give_roles(shop.partner.id, [])

    answer = till.post("/purchases", a_body(1_000))

    assert (answer.status_code, answer.json["code"]) == (409, "not_an_issuer")
