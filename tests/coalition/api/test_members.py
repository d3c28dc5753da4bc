"""Members over HTTP: enrolment, lookup, what whom is shown, identifiers."""

from __future__ import annotations

from typing import Any

import pytest

from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from coalition.promotions import coupons
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import CARD, a_body, a_shop

ANNA = {
    "external_id": "M-100",
    "profile": {"first_name": "Anna", "last_name": "Ozola", "email": "anna@example.com", "birth_date": "1990-02-28"},
    "identifiers": [{"kind": "card", "value": "9000 0001"}, {"kind": "phone", "value": "+371 20000001"}],
    "consents": [{"purpose": "mailing", "granted_at": "2026-01-02T03:04:05Z", "text_version": "v1"}],
}


def test_a_member_is_enrolled_once_and_found_by_card(till: Till) -> None:
    first = till.post("/members", ANNA)
    again = till.post("/members", ANNA)
    found = till.post("/members/lookup", {"kind": "card", "value": "90000001"})

    assert (first.status_code, again.status_code, found.status_code) == (201, 201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json == again.json == found.json == till.get(f"/members/{first.json['id']}").json
    assert first.json["profile"]["birth_date"] == "1990-02-28"
    kinds = [(one["kind"], one["hint"]) for one in first.json["identifiers"]]
    assert kinds == [("card", "01"), ("phone", "01"), ("external", "0")] or kinds[0] == ("card", "01")


def test_another_body_under_the_external_id_is_a_conflict(till: Till) -> None:
    till.post("/members", ANNA)

    answer = till.post("/members", {**ANNA, "identifiers": []})

    assert (answer.status_code, answer.json["code"]) == (409, "external_id_conflict")


def test_a_card_of_another_member_is_refused_and_nobody_is_enrolled(till: Till) -> None:
    till.post("/members", ANNA)
    thief = {
        "external_id": "M-101",
        "identifiers": [{"kind": "phone", "value": "+371 21234567"}, ANNA["identifiers"][0]],
    }

    answer = till.post("/members", thief)

    assert (answer.status_code, answer.json["code"]) == (409, "identifier_in_use")
    assert answer.json["errors"][0]["pointer"] == "/identifiers/1/value"
    assert till.post("/members/lookup", {"kind": "external", "value": "M-101"}).status_code == 404


def test_another_partner_sees_the_member_after_a_lookup_and_then_no_profile(till: Till) -> None:
    member = till.post("/members", ANNA).json
    other = transact(lambda: a_till(a_shop(till.shop.program, card="77"), till.client))
    assert other.get(f"/members/{member['id']}").status_code == 404
    assert other.get(f"/members/{member['id']}/balances").status_code == 404

    seen = other.post("/members/lookup", {"kind": "phone", "value": "37120000001"}).json

    assert (seen["id"], seen["tier"]) == (member["id"], "base")
    assert (seen["profile"], seen["identifiers"], seen["external_id"]) == (None, None, None)
    assert other.get(f"/members/{member['id']}/balances").status_code == 200
    assert other.get(f"/members/{member['id']}/movements").status_code == 403


def test_consent_to_sharing_opens_the_profile(till: Till) -> None:
    consent = {"purpose": "profile_sharing", "granted_at": "2026-01-02T03:04:05Z", "text_version": "v1"}
    member = till.post("/members", {**ANNA, "consents": [consent]}).json
    other = transact(lambda: a_till(a_shop(till.shop.program, card="77"), till.client))

    seen = other.post("/members/lookup", {"kind": "phone", "value": "37120000001"}).json

    assert seen["profile"] == member["profile"]
    assert other.get(f"/members/{member['id']}/movements").json == {"items": [], "next_cursor": None}


def test_balances_and_movements_tell_what_was_earned_and_why(till: Till) -> None:
    bought = [till.post("/purchases", a_body(1000 * at)).json for at in (1, 2, 3)]
    member = bought[0]["member_id"]

    balances = till.get(f"/members/{member}/balances").json
    page = till.get(f"/members/{member}/movements?limit=2").json
    rest = till.get(f"/members/{member}/movements?limit=2&cursor={page['next_cursor']}").json

    assert balances["items"] == bought[-1]["balances"]
    movements = page["items"] + rest["items"]
    assert [one["amount"] for one in movements] == [15, 10, 5]
    assert [one["reason"] for one in movements] == [one["awards"][0]["reason"] for one in reversed(bought)]
    assert {(one["kind"], one["operation"], one["currency"]) for one in movements} == {("credit", "purchase", "BON")}
    assert rest["next_cursor"] is None


def test_an_identifier_is_added_blocked_and_no_longer_found(till: Till) -> None:
    member = till.post("/members", ANNA).json["id"]
    added = till.post(f"/members/{member}/identifiers", {"kind": "nfc", "value": "AB:CD"})
    again = till.post(f"/members/{member}/identifiers", {"kind": "nfc", "value": "AB:CD"})
    assert (added.status_code, again.status_code, added.json) == (201, 201, again.json)
    assert again.headers["Idempotency-Replayed"] == "true"

    gone = till.delete(f"/members/{member}/identifiers/{added.json['id']}")

    assert gone.status_code == 204
    assert till.delete(f"/members/{member}/identifiers/{added.json['id']}").status_code == 204
    assert till.post("/members/lookup", {"kind": "nfc", "value": "AB:CD"}).status_code == 404
    assert till.delete(f"/members/{member}/identifiers/idn_zzz").status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"external_id": None}, "/external_id"),
        ({"profile": {"birth_date": "31.02.1990"}}, "/profile/birth_date"),
        ({"profile": {"role": "admin"}}, "/profile/role"),
        ({"identifiers": [{"kind": "tattoo", "value": "x"}]}, "/identifiers/0/kind"),
        ({"identifiers": [{"kind": "bank_card_token", "value": "4111111111111111"}]}, "/identifiers/0/value"),
        ({"consents": [{"purpose": "x", "granted_at": "yesterday", "text_version": "1"}]}, "/consents/0/granted_at"),
        ({"balance": 1000}, "/balance"),
    ],
)
def test_what_is_wrong_is_named_by_its_pointer(till: Till, change: dict[str, Any], pointer: str) -> None:
    answer = till.post("/members", {**ANNA, **change})

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json["errors"]]


def test_the_number_of_a_bank_card_is_kept_under_no_name(till: Till) -> None:
    pan = {"last_name": "4111 1111 1111 1111"}
    member = till.post("/members", ANNA).json["id"]

    enrolled = till.post("/members", {**ANNA, "external_id": "M-101", "identifiers": [], "profile": pan})
    changed = till.patch(f"/members/{member}", {"profile": pan})

    for answer in (enrolled, changed):
        assert answer.status_code == 422
        assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [
            ("/profile/last_name", "card_number_refused")
        ]
    assert till.get(f"/members/{member}").json["profile"]["last_name"] == "Ozola"


def test_the_members_of_another_program_do_not_exist(till: Till) -> None:
    stranger = transact(lambda: a_till(a_shop(card="77"), till.client))
    member = till.post("/members/lookup", {"kind": "card", "value": CARD}).json["id"]

    assert stranger.get(f"/members/{member}").status_code == 404
    assert stranger.post("/members/lookup", {"kind": "card", "value": CARD}).status_code == 404
    assert till.get("/members/mbr_doesnotexist").status_code == 404


def test_a_lost_card_is_replaced_in_one_step_and_only_once(till: Till) -> None:
    member = till.post("/members", ANNA).json
    card = next(one for one in member["identifiers"] if one["kind"] == "card")
    path = f"/members/{member['id']}/identifiers/{card['id']}/replace"

    first = till.post(path, {"value": "9000 0002"})
    again = till.post(path, {"value": "9000-0002"})
    other = till.post(path, {"value": "9000 0003"})

    assert (first.status_code, first.json["kind"], first.json["state"]) == (201, "card", "active")
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert (other.status_code, other.json["code"]) == (409, "identifier_replaced")
    assert till.post("/members/lookup", {"kind": "card", "value": "90000001"}).status_code == 404
    assert till.post("/members/lookup", {"kind": "card", "value": "90000002"}).json["id"] == member["id"]


def test_only_who_enrolled_a_member_changes_its_profile_and_only_the_named_fields(till: Till) -> None:
    member = till.post("/members", ANNA).json
    other = transact(lambda: a_till(a_shop(till.shop.program, card="77"), till.client))
    other.post("/members/lookup", {"kind": "card", "value": "90000001"})

    changed = till.patch(f"/members/{member['id']}", {"profile": {"last_name": "Liepa", "locale": "ru"}})
    refused = other.patch(f"/members/{member['id']}", {"profile": {"last_name": "Stranger"}})
    unknown = till.patch(f"/members/{member['id']}", {"profile": {"shoe_size": 40}})

    assert changed.status_code == 200
    assert changed.json["profile"] == {**member["profile"], "last_name": "Liepa", "locale": "ru"}
    assert (refused.status_code, refused.json["code"]) == (403, "not_your_member")
    assert unknown.status_code == 422


def test_a_member_s_coupons_are_told_to_who_enrolled_it_page_by_page(till: Till) -> None:
    member = till.post("/members", ANNA).json["id"]
    number = ids.parse("mbr", member)

    def give() -> None:
        order = coupons.Order("gift", name_en="Gift", name_ru="Подарок", kind="issued", wanted=0)
        coupons.order(till.shop.program.id, order)
        gift = coupons.Gift("gift", number, 3, "event:1", clock.now(), 30)
        coupons.issue(till.shop.program.id, [gift])

    transact(give)

    page = till.get(f"/members/{member}/coupons?limit=2").json
    rest = till.get(f"/members/{member}/coupons?limit=2&cursor={page['next_cursor']}").json

    assert [len(one["items"]) for one in (page, rest)] == [2, 1]
    assert rest["next_cursor"] is None
    (one,) = rest["items"]
    assert one["issued_at"].endswith("Z") and one["valid_until"].endswith("Z")
    assert (one["name"]["en"], one["opens"], one["state"], one["used"], one["uses_max"]) == (
        "Gift",
        "gift",
        "usable",
        0,
        1,
    )
    assert till.get("/members/mbr_00000000000000000000000000/coupons").status_code == 404
