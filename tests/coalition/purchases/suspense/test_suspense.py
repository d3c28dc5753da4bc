"""Purchases of members who are yet to come: they wait, are posted once when the member comes, or are given up."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from coalition import members, promotions, purchases
from coalition.kernel import jobs
from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid
from coalition.purchases.suspense import draining
from tests import guards, racing
from tests.coalition.api.till import Till, a_till
from tests.coalition.members.builders import an_enrolment
from tests.coalition.promotions.coupons.builders import a_batch, codes_of
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import CARD, Shop, a_body, a_shop
from tests.coalition.purchases.suspense.builders import STRANGER, counts, enrol, public, send, sound, waiting


def test_what_nobody_can_be_found_for_waits_and_is_posted_when_the_member_comes(till: Till) -> None:
    bodies = [a_body(1000, member=STRANGER), a_body(2000, member=STRANGER), a_body(1000)]
    registry = send(till, *bodies)
    assert counts(till, registry) == (3, 1, 0, 0, 2, 5)
    assert [(one.line, one.total, one.hint) for one in waiting(till.shop)] == [(1, 1000, "01"), (2, 2000, "01")]
    assert sound()

    member = enrol(till.shop)
    jobs.run_due()

    assert counts(till, registry) == (3, 3, 0, 0, 0, 20)
    assert till.get(f"/members/{public(member)}/balances").json["items"][0]["available"] == 15
    assert waiting(till.shop) == []
    assert sound()


def test_no_identifier_lies_in_suspense(till: Till) -> None:
    send(till, a_body(1000, member=STRANGER))

    kept = fetch_one("SELECT to_jsonb(s)::text AS text FROM suspense s")

    assert kept is not None
    assert "7777" not in kept.text


def test_an_identifier_that_a_member_is_given_later_draws_its_receipts(till: Till) -> None:
    registry = send(till, a_body(1000, member=STRANGER))

    answer = till.post(f"/members/{public(till.shop.member)}/identifiers", STRANGER)
    jobs.run_due()

    assert answer.status_code == 201
    assert counts(till, registry) == (1, 1, 0, 0, 0, 5)


def test_the_same_file_again_is_a_replay_before_and_after_its_member_came(till: Till) -> None:
    body = a_body(1000, member=STRANGER)
    first, second = send(till, body, body), send(till, body)
    assert (counts(till, first), counts(till, second)) == ((2, 0, 1, 0, 1, 0), (1, 0, 1, 0, 0, 0))

    enrol(till.shop)
    jobs.run_due()
    third, other = send(till, body), send(till, {**body, "channel": "app"})

    assert counts(till, third) == (1, 0, 1, 0, 0, 0)
    assert counts(till, other) == (1, 0, 0, 1, 0, 0)
    assert sound()


def test_another_content_under_an_external_id_that_waits_is_a_conflict(till: Till) -> None:
    body = a_body(1000, member=STRANGER)
    send(till, body)

    registry = send(till, {**body, "channel": "app"})

    assert till.get(f"/registries/{registry}/rejections").json["items"][0]["code"] == "external_id_conflict"


def test_another_content_of_a_member_who_is_known_is_a_conflict_too_alone_in_a_file_and_paid_with_points(
    till: Till,
) -> None:
    till.post("/purchases", a_body(100_000))
    body = a_body(1000, member=STRANGER, on_unknown_member="hold")
    held = till.post("/purchases", body)
    known = {"kind": "card", "value": CARD}
    paid = {**body, "member": known, "payments": [{"kind": "redeem", "amount": 100}]}

    alone, again = till.post("/purchases", {**body, "member": known}), till.post("/purchases", body)
    with_points = till.post("/purchases", paid)
    registry = send(till, {**body, "member": known}, a_body(1000), paid)

    assert [(one.status_code, one.json["code"]) for one in (alone, with_points)] == [(409, "external_id_conflict")] * 2
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (202, held.json, "true")
    assert counts(till, registry) == (3, 1, 0, 2, 0, 5)
    assert till.shop.available() == 505
    assert sound()


def test_what_can_never_have_a_member_is_rejected_at_once(till: Till) -> None:
    bodies = [
        a_body(1000, member={"kind": "bank_card_token", "value": "4111 1111 1111 1111"}),
        a_body(1000, member={"kind": "phone", "value": "12"}),
        a_body(1000, member=STRANGER, on_unknown_member="refuse"),
        a_body(1000, member=STRANGER, occurred_at="2098-01-01T00:00:00Z"),
    ]

    registry = send(till, *bodies)

    codes = [one["code"] for one in till.get(f"/registries/{registry}/rejections").json["items"]]
    assert codes == ["unknown_member", "unknown_member", "unknown_member", "in_the_future"]
    assert counts(till, registry) == (4, 0, 0, 4, 0, 0)


def test_what_points_pay_for_never_waits(till: Till) -> None:
    paid = a_body(1000, member=STRANGER, payments=[{"kind": "redeem", "amount": 100}])

    registry = send(till, paid)
    answer = till.post("/purchases", {**paid, "on_unknown_member": "hold"})

    assert counts(till, registry) == (1, 0, 0, 1, 0, 0)
    assert (answer.status_code, answer.json["code"]) == (422, "unknown_member")


def test_a_coupon_waits_with_its_purchase_and_is_redeemed_when_the_member_comes(till: Till) -> None:
    shop = till.shop
    ten = a_document("ten", a_credit("fixed", points=10), coupon="autumn")
    transact(lambda: promotions.publish(shop.program.id, [ten], actor=ACTOR))
    (code, *_) = codes_of(transact(lambda: a_batch(shop.program)))
    body = a_body(1000, member=STRANGER, coupons=[code])
    send(till, body)

    enrol(shop)
    jobs.run_due()

    posted = transact(lambda: purchases.find(shop.partner.id, external_id=body["external_id"]))
    assert [(one.code, one.outcome) for one in posted.coupons] == [(code, "redeemed")]
    assert sum(award.units for award in posted.awards) == 15
    assert sound()


def test_what_closes_a_quote_never_waits(till: Till) -> None:
    quote = till.post("/quotes", a_body(1000)).json["id"]

    answer = till.post("/purchases", a_body(1000, member=STRANGER, quote_id=quote, on_unknown_member="hold"))

    assert (answer.status_code, answer.json["code"]) == (422, "unknown_member")


def test_a_dry_run_counts_what_would_wait_and_keeps_nothing(till: Till) -> None:
    registry = send(till, a_body(1000, member=STRANGER), query="?dry_run=true")

    assert counts(till, registry) == (1, 0, 0, 0, 1, 0)
    assert waiting(till.shop) == []
    assert sound()


def test_the_api_refuses_an_unknown_member_unless_it_is_asked_to_hold(till: Till) -> None:
    body = a_body(1000, member=STRANGER)
    refused = till.post("/purchases", body)
    held, again = (till.post("/purchases", {**body, "on_unknown_member": "hold"}) for _ in range(2))

    enrol(till.shop)
    jobs.run_due()
    posted = till.post("/purchases", {**body, "on_unknown_member": "hold"})

    assert (refused.status_code, refused.json["code"]) == (422, "unknown_member")
    assert (held.status_code, held.json["state"], "Idempotency-Replayed" in held.headers) == (202, "suspended", False)
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (202, held.json, "true")
    assert (posted.status_code, posted.headers["Idempotency-Replayed"]) == (201, "true")
    assert [award["units"] for award in posted.json["awards"]] == [5]


def test_a_purchase_sent_anew_while_it_waits_is_posted_once(till: Till) -> None:
    body = a_body(1000, member=STRANGER)
    registry = send(till, body)
    enrol(till.shop)
    assert till.post("/purchases", body).status_code == 201

    jobs.run_due()

    assert counts(till, registry) == (1, 0, 1, 0, 0, 0)
    assert sound()


def test_what_is_refused_when_its_member_comes_says_why_and_may_be_tried_again(till: Till) -> None:
    registry = send(till, a_body(1000, member=STRANGER))
    transact(lambda: execute('UPDATE suspense SET receipt = receipt || \'{"outlet": "S9"}\''))
    enrol(till.shop)
    jobs.run_due()
    (one,) = waiting(till.shop, "refused")
    assert (one.reason or "").startswith("unknown_outlet")
    assert counts(till, registry) == (1, 0, 0, 0, 1, 0)

    transact(lambda: execute('UPDATE suspense SET receipt = receipt || \'{"outlet": "S1"}\''))
    assert transact(lambda: purchases.retry_suspended(till.shop.program.id, one.id))
    transact(lambda: jobs.enqueue("purchases.suspense", {}))
    jobs.run_due()

    assert counts(till, registry) == (1, 1, 0, 0, 0, 5)
    assert sound()


def test_staff_give_up_a_receipt_with_a_reason_and_only_once(till: Till) -> None:
    registry = send(till, a_body(1000, member=STRANGER))
    (one,) = waiting(till.shop)
    program_id = till.shop.program.id
    with pytest.raises(Invalid):
        purchases.dismiss_suspended(program_id, one.id, " ")

    for _pressed_twice in range(2):
        transact(lambda: purchases.dismiss_suspended(program_id, one.id, "A test card"))

    with pytest.raises(Conflict, match="suspense_closed"):
        transact(lambda: purchases.dismiss_suspended(program_id, one.id, "Again"))
    enrol(till.shop)
    jobs.run_due()
    assert counts(till, registry) == (1, 0, 0, 1, 0, 0)
    found = till.get(f"/registries/{registry}/rejections").json["items"]
    assert [(item["line"], item["code"], item["detail"]) for item in found] == [(1, "dismissed", "A test card")]
    assert sound()


@pytest.fixture
def unguarded(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, of whose laws nobody asks afterwards."""
    from wsgi import create_app

    app = create_app(fresh_database)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_eight_drains_at_once_post_everything_once(live: Flask) -> None:
    _drains(live)


def test_without_its_lock_and_the_keys_a_waiting_receipt_is_posted_more_than_once(
    unguarded: Flask, fresh_database: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "_TAKE", draining._TAKE.replace("FOR UPDATE SKIP LOCKED", ""))
    guards.without_constraint(fresh_database.owner_url, "purchase", "uq_purchase_external_id")
    guards.without_constraint(fresh_database.owner_url, "entry", "uq_entry_business_key")

    racing.assert_lost(lambda: _drains(unguarded, 40), at_once=False)
    guards.dawdling(fresh_database.owner_url, "purchase")
    racing.assert_lost(lambda: _drains(unguarded, 40, card="7777 0002"), at_once=True)


def _drains(live: Flask, receipts: int = 400, card: str = STRANGER["value"]) -> None:
    with live.app_context():
        till = transact(lambda: a_till(a_shop(), live.test_client()))
        stranger = {"kind": "card", "value": card}
        registry = send(till, *(a_body(1000, member=stranger) for _ in range(receipts)))
        member = enrol(till.shop, card.replace(" ", ""))
        hashes = transact(lambda: members.hashes(member.id))

    def drain() -> int:
        return sum(iter(lambda: transact(lambda: purchases.drain(hashes, 20)), 0))

    posted = racing.at_once(live, [drain] * 8)

    with live.app_context():
        assert sum(posted) == receipts
        assert counts(till, registry) == (receipts, receipts, 0, 0, 0, 5 * receipts)


def test_a_member_who_enrols_while_a_file_is_read_misses_nothing(live: Flask) -> None:
    with live.app_context():
        till = transact(lambda: a_till(a_shop(), live.test_client()))
        body, enrolment = a_body(1000, member=STRANGER), an_enrolment("M-X", card="77770001")
        shop = till.shop
        via = purchases.Via()
        with db.engine.connect():

            def meet() -> None:
                purchases.accept(shop.partner.id, [purchases.read(body)], via, hold=True)
                with ThreadPoolExecutor(1) as thread:
                    thread.submit(_enrol_and_drain, live, shop, enrolment).result()

            transact(meet)
        assert len(waiting(shop)) == 1, "neither saw the other"

        transact(lambda: jobs.enqueue("purchases.suspense", {}))
        jobs.run_due()

        assert waiting(shop) == []


def _enrol_and_drain(app: Flask, shop: Shop, enrolment: members.Enrolment) -> None:
    with app.app_context():
        transact(lambda: members.enrol(shop.program.id, shop.partner.id, enrolment))
        jobs.run_due()
        db.session.remove()


def test_cards_that_are_known_are_not_held_up(till: Till) -> None:
    registry = send(till, a_body(1000, member={"kind": "card", "value": CARD}))

    assert counts(till, registry) == (1, 1, 0, 0, 0, 5)
