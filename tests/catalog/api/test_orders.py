"""Quotes, orders and callbacks over HTTP."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest

from catalog import pricing, shipments
from catalog.ports import Artefact, Caps
from coalition import access, members
from coalition.kernel import clock, ids, jobs, sealing
from coalition.kernel.cleaning import clear_keys
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.catalog.api.desk import ADDRESS, CARRIER_SECRET, Desk
from tests.catalog.orders.builders import FakeSupplier, a_world, assert_laws_hold, bind
from tests.catalog.payments.builders import FakeProvider
from tests.catalog.payments.builders import bind as bind_provider


def test_a_quote_freezes_the_price_of_everything(desk: Desk) -> None:
    answer = desk.quote()

    assert answer.status_code == 201
    assert answer.json["points"] == {"amount": 1390, "currency": "BON"}
    assert answer.json["lines"][0]["price"] == {"amount": 1000, "currency": "BON"}
    assert answer.json["delivery"]["points"]["amount"] == 390
    whole = {"points_min": 1390, "points_max": 1390, "points_step": 1}
    assert answer.json["split"] == {**whole, "cash_max": 0, "cash_currency": None}


def test_what_was_ordered_is_called_in_the_reader_s_language(desk: Desk) -> None:
    transact(lambda: execute("UPDATE reward SET title_en = 'Kettle', title_ru = 'Чайник'"))
    quoted, order = desk.quote().json, desk.order().json

    told = [
        desk.get(f"/orders/{order['id']}", **{"Accept-Language": wanted}).json["lines"][0]["title"]
        for wanted in ("en", "ru")
    ]

    assert (quoted["lines"][0]["title"], told) == ("Kettle", ["Kettle", "Чайник"])


def test_a_member_may_be_named_by_a_card(desk: Desk) -> None:
    card = members.get(desk.world.program.id, desk.world.member_id).external_id

    assert desk.quote(member={"kind": "card", "value": card}).status_code == 201
    assert desk.quote(member=f"card:{card}").status_code == 201
    assert desk.quote(member="card:nobody").json["errors"][0]["code"] == "unknown_member"
    assert desk.quote(member=ids.public("mbr", 10**9)).json["errors"][0]["pointer"] == "/member"
    for nonsense in ({"kind": "spell", "value": "x"}, {"kind": [], "value": "x"}, {"kind": "card"}, 7, [], "card"):
        assert desk.quote(member=nonsense).status_code == 422


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"lines": [{"reward_id": "rew_nonsense", "qty": 1}]}, "/lines/0/reward_id"),
        ({"lines": []}, "/lines"),
        ({"delivery": {"method": "pigeon", "address": ADDRESS}}, "/delivery/method"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_a_wrong_quote_is_refused_with_a_pointer(desk: Desk, change: dict[str, Any], pointer: str) -> None:
    answer = desk.quote(**change)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == pointer


def test_an_order_is_placed_once_for_one_external_id(desk: Desk) -> None:
    quote_id = desk.quote().json["id"]

    first = desk.order("O-1", quote_id=quote_id)
    again = desk.order("O-1", quote_id=quote_id)
    other = desk.order("O-1")

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json["id"] == first.json["id"]
    assert other.json["code"] == "external_id_conflict"
    assert (first.json["state"], first.json["points_held"]["amount"]) == ("placing", 1390)


def test_an_order_sent_again_is_answered_as_the_first_time_though_it_has_gone_on(desk: Desk) -> None:
    quote_id = desk.quote().json["id"]
    first = desk.order("O-1", quote_id=quote_id)
    bind(FakeSupplier())
    jobs.run_due(20)

    again = desk.order("O-1", quote_id=quote_id)
    now = desk.get(f"/orders/{first.json['id']}")
    transact(lambda: execute("UPDATE idempotency SET created_at = now() - interval '31 days'"))
    transact(lambda: clear_keys(100))

    assert (now.json["state"], again.json) == ("placed", first.json)
    assert desk.order("O-1", quote_id=quote_id).json == now.json


def test_all_points_may_be_named_and_nothing_else(desk: Desk) -> None:
    points, cash = {"amount": 1390, "currency": "BON"}, {"amount": 0, "currency": "EUR"}

    assert desk.order("O-1", pay={"points": points, "cash": {**cash, "amount": 1}}).status_code == 422
    assert desk.order("O-2", pay={"points": {**points, "amount": 1389}}).status_code == 422
    assert desk.order("O-3", pay={"points": points, "cash": cash}).status_code == 201


def test_a_part_may_be_paid_in_money(desk: Desk) -> None:
    bind_provider(FakeProvider())
    transact(lambda: pricing.set_cash_policy(desk.world.program.id, pricing.CashPolicy("EUR", points_step=1)))
    points, cash = {"amount": 1000, "currency": "BON"}, {"amount": 390, "currency": "EUR"}

    wrong = desk.order("O-1", pay={"points": points, "cash": {**cash, "amount": 391}})
    other = desk.order("O-2", pay={"points": points, "cash": {**cash, "currency": "USD"}})
    placed = desk.order("O-3", pay={"points": points, "cash": cash})

    assert [one["errors"][0]["code"] for one in (wrong.json, other.json)] == ["cash_mismatch", "unknown_currency"]
    assert placed.status_code == 201, placed.json
    assert (placed.json["state"], placed.json["cash"]) == ("placing", cash)
    assert placed.json["payment"]["state"] == "wanted"
    assert placed.json["payment"]["url"].startswith("http://pay.example/")
    assert placed.json["points_held"]["amount"] == 1000


def test_too_few_points_say_how_many_there_are(desk: Desk) -> None:
    lines = [{"reward_id": ids.public("rew", reward.id), "qty": 5} for reward in desk.world.rewards]
    quote_id = desk.quote(lines=lines).json["id"]

    answer = desk.order(quote_id=quote_id)

    assert (answer.status_code, answer.json["code"], answer.json["available"]) == (409, "insufficient_points", 10_000)


def test_an_order_can_be_cancelled_until_its_supplier_is_asked(desk: Desk) -> None:
    early, late = desk.order("O-1").json["id"], desk.order("O-2").json["id"]

    answer = desk.post(f"/orders/{early}/cancel", {"external_id": "C-1", "reason": "mistake"})
    again = desk.post(f"/orders/{early}/cancel", {"external_id": "C-1", "reason": "mistake"})
    jobs.run_due(20)
    refused = desk.post(f"/orders/{late}/cancel", {"external_id": "C-2"})

    assert (answer.status_code, answer.json["state"], again.json["state"]) == (200, "cancelled", "cancelled")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (refused.status_code, refused.json["code"]) == (409, "not_cancellable")
    assert_laws_hold()


def test_a_cancel_sent_again_is_answered_as_the_first_time_though_the_supplier_has_agreed(desk: Desk) -> None:
    bind(FakeSupplier(can=Caps(idempotent_create=True, lookup_by_client_ref=True, cancel=True)))
    path = f"/orders/{desk.order().json['id']}"
    jobs.run_due(20)

    first = desk.post(f"{path}/cancel", {"external_id": "C-1"})
    jobs.run_due(20)
    again, now = desk.post(f"{path}/cancel", {"external_id": "C-1"}), desk.get(path)

    states = [answer.json["consignments"][0]["state"] for answer in (first, again, now)]
    assert states == ["cancel_requested", "cancel_requested", "cancelled"]
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")


def test_codes_are_told_with_their_line_and_piece(desk: Desk) -> None:
    order_id = desk.order().json["id"]
    sku = desk.world.rewards[0].supplier_sku
    bind(FakeSupplier(told={"issued": True, "artefacts": (Artefact(sku, 1, "code", "GIFT-1"),)}))

    jobs.run_due(20)

    told = desk.get(f"/orders/{order_id}").json
    assert (told["state"], told["consignments"][0]["state"]) == ("completed", "closed")
    assert told["consignments"][0]["artefacts"] == [{"line": 1, "unit": 1, "kind": "code", "content": "GIFT-1"}]


def test_no_code_is_kept_in_clear_with_the_answer_to_a_key(desk: Desk) -> None:
    order_id = desk.order().json["id"]
    unit = {"order": ids.parse("ord", order_id), "sealed": sealing.seal("GIFT-1"), "mark": sealing.mark("GIFT-1")}
    issued = "INSERT INTO artefact (order_id, line_no, unit_no, kind, sealed, mark)"
    transact(lambda: execute(f"{issued} VALUES (:order, 1, 1, 'code', :sealed, :mark)", unit))
    body, key = {"external_id": "C-1"}, {"Idempotency-Key": "cancel-1"}

    first = desk.post(f"/orders/{order_id}/cancel", body, **key)
    again = desk.post(f"/orders/{order_id}/cancel", body, **key)

    codes = [[one["content"] for one in answer.json["consignments"][0]["artefacts"]] for answer in (first, again)]
    assert codes == [["GIFT-1"], []]
    assert "GIFT-1" not in _kept()


def _kept() -> str:
    """Every stored answer, whole: the text of a row is cut."""
    return "".join(row.body for row in fetch_all("SELECT body::text AS body FROM idempotency"))


def test_a_key_on_an_old_order_sent_again_keeps_no_code_in_clear(desk: Desk) -> None:
    quote_id = desk.quote().json["id"]
    desk.order("O-1", quote_id=quote_id)
    sku = desk.world.rewards[0].supplier_sku
    bind(FakeSupplier(told={"issued": True, "artefacts": (Artefact(sku, 1, "code", "GIFT-1"),)}))
    jobs.run_due(20)
    transact(lambda: execute("DELETE FROM idempotency"))  # as after thirty days

    again = desk.post("/orders", {"external_id": "O-1", "quote_id": quote_id}, **{"Idempotency-Key": "late"})

    assert (again.status_code, again.json["state"]) == (201, "completed")
    assert again.json["consignments"][0]["artefacts"][0]["content"] == "GIFT-1"
    assert "GIFT-1" not in _kept()


def test_another_partners_order_does_not_exist(desk: Desk) -> None:
    order_id = desk.order().json["id"]
    other = transact(a_world)
    credentials = transact(lambda: access.create_client(other.program.id, other.partner.id, "App", ["orders:write"]))
    stranger = Desk(other, desk.client, transact(lambda: access.issue_token(*credentials, ["orders:write"])).value)

    assert stranger.get(f"/orders/{order_id}").status_code == 404
    assert stranger.post(f"/orders/{order_id}/cancel", {"external_id": "C"}).status_code == 404
    assert stranger.order(quote_id=desk.quote().json["id"]).status_code == 422


def test_callbacks_carry_an_order_to_the_door(desk: Desk) -> None:
    order_id = desk.order().json["id"]
    jobs.run_due(20)
    supplier = desk.world.supplier.code
    ref = fetch_one("SELECT client_ref FROM supplier_order").client_ref
    parcel = {
        "carrier": "balticpost",
        "tracking_no": "RR1LV",
        "lines": [{"sku": desk.world.rewards[0].supplier_sku, "qty": 1}],
    }
    news = {
        "type": "parcel.shipped",
        "client_ref": ref,
        "external_id": "X",
        "occurred_at": "2026-11-20T09:00:00Z",
        "parcel": parcel,
    }
    scan = {
        "tracking_no": "RR1LV",
        "status": "delivered",
        "text": "Handed over",
        "place": "Riga",
        "occurred_at": "2026-11-21T09:00:00Z",
    }

    answers = [
        desk.call(f"/suppliers/{supplier}/callbacks", news),
        desk.call(f"/suppliers/{supplier}/callbacks", news),
        desk.call("/carriers/balticpost/callbacks", {"events": [scan]}, secret=CARRIER_SECRET),
    ]
    transact(lambda: execute("UPDATE job SET due_at = now() WHERE state = 'due'"))
    jobs.run_due(50)

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert [answer.json["duplicate"] for answer in answers] == [False, True, False]
    order = desk.get(f"/orders/{order_id}").json
    assert order["state"] == "completed"
    shipment = order["consignments"][0]["shipments"][0]
    assert (shipment["carrier"], shipment["tracking_number"], shipment["status"]) == (
        "balticpost",
        "RR1LV",
        "delivered",
    )
    assert shipment["events"][0] == {
        "status": "delivered",
        "occurred_at": "2026-11-21T09:00:00Z",
        "location": "Riga",
        "text": "Handed over",
    }
    assert_laws_hold()


@pytest.mark.parametrize(
    "how",
    [{"secret": CARRIER_SECRET}, {"late_s": 360}, {"late_s": -360}, {"webhook_id": "m" * 201}],
)
def test_a_callback_that_is_not_signed_right_is_refused_and_not_kept(desk: Desk, how: dict[str, Any]) -> None:
    body = {"type": "order.accepted", "client_ref": "con_1", "external_id": "X", "occurred_at": "2026-11-20T09:00:00Z"}
    path = f"/suppliers/{desk.world.supplier.code}/callbacks"

    signed = desk.call(path, body, **how)
    unsigned = desk.client.post(f"/api/v1{path}", json=body)
    unknown = desk.call("/suppliers/nobody/callbacks", body)

    assert (signed.status_code, unsigned.status_code, unknown.status_code) == (401, 401, 404)
    assert signed.json["code"] == "signature_invalid"
    assert fetch_one("SELECT count(*) AS n FROM inbound_callback").n == 0


def test_an_aggregator_is_understood_in_its_own_format(desk: Desk) -> None:
    desk.order()
    jobs.run_due(20)
    row = fetch_one("SELECT client_ref, supplier_sku FROM supplier_order JOIN order_line USING (consignment_id)")
    transact(lambda: shipments.add_carrier("aggregator", "Aggregator", "shared", vocabulary="easypost"))
    parcel = {"carrier": "aggregator", "tracking_no": "EZ1", "lines": [{"sku": row.supplier_sku, "qty": 1}]}
    at = clock.now().isoformat()
    news = {"type": "parcel.shipped", "client_ref": row.client_ref, "external_id": "X", "occurred_at": at}
    desk.call(f"/suppliers/{desk.world.supplier.code}/callbacks", {**news, "parcel": parcel})
    jobs.run_due(20)
    details = [
        {"status": "in_transit", "status_detail": "held", "datetime": at, "message": "Held"},
        {"status": "warped", "datetime": at, "message": "?"},
    ]
    body = json.dumps({"id": "evt_1", "result": {"tracking_code": "EZ1", "weight": 1.5, "tracking_details": details}})
    signature = {"X-Hmac-Signature": "hmac-sha256-hex=" + hmac.new(b"shared", body.encode(), "sha256").hexdigest()}

    answers = [
        desk.client.post("/api/v1/carriers/aggregator/callbacks", data=body, headers=headers)
        for headers in (signature, signature, {"X-Hmac-Signature": "hmac-sha256-hex=" + "0" * 64})
    ]
    unreadable = b"[1.5]"
    junk = {"X-Hmac-Signature": "hmac-sha256-hex=" + hmac.new(b"shared", unreadable, "sha256").hexdigest()}
    refused = desk.client.post("/api/v1/carriers/aggregator/callbacks", data=unreadable, headers=junk)
    jobs.run_due(20)

    assert [answer.status_code for answer in answers] == [202, 202, 401]
    assert [answer.json.get("duplicate") for answer in answers] == [False, True, None]
    assert (refused.status_code, refused.json["code"]) == (400, "not_json")
    held = fetch_one("SELECT status, incident, substatus FROM shipment")
    assert tuple(held) == ("on_hold", "carrier_hold", "held")
    assert fetch_one("SELECT raw_code, raw_text FROM tracking_event WHERE status = 'unknown'").raw_code == "warped"
    assert fetch_one("SELECT body FROM inbound_callback WHERE source = 'carrier:aggregator'").body == json.loads(
        body, parse_float=str
    )


def test_a_supplier_is_told_at_once_that_a_tracking_number_cannot_be(desk: Desk) -> None:
    transact(lambda: shipments.add_carrier("latvianpost", "Latvian Post", CARRIER_SECRET, number_forms=["s10"]))
    parcel = {"carrier": "latvianpost", "tracking_no": "RR473124828LV", "lines": [{"sku": "A1", "qty": 1}]}
    news = {"type": "parcel.shipped", "client_ref": "con_1", "occurred_at": "2026-11-20T09:00:00Z", "parcel": parcel}

    answer = desk.call(f"/suppliers/{desk.world.supplier.code}/callbacks", news)

    assert (answer.status_code, answer.json["code"]) == (422, "tracking_number_invalid")
    assert answer.json["errors"][0]["pointer"] == "/parcel/tracking_no"
    assert fetch_one("SELECT count(*) AS n FROM inbound_callback").n == 0
