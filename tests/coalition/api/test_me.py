"""What a member's own app sees: everything of that member's, whoever booked it, and a code that pays."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coalition import access, members, purchases
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from tests.builders import a_partner
from tests.coalition.access.oauth.app import CALLBACK, a_token_of
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import CARD, Shop, a_receipt, a_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    return transact(a_shop)


@pytest.fixture
def token(shop: Shop) -> str:
    """A token for the app of another partner of the program, which has booked nothing."""

    def work() -> str:
        owner = f"member:{shop.member.id}"
        access.create_user("anna@coral.example", "correct horse battery", ["member"], owner, program_id=shop.program.id)
        maker = a_partner(shop.program, "maker")
        client_id, _ = access.create_client(
            shop.program.id, maker.id, "App", ["me"], kind="public", redirect_uris=[CALLBACK]
        )
        return a_token_of("anna@coral.example", client_id)

    return transact(work)


def ask(app: Flask, token: str, path: str = "", method: str = "GET") -> Any:
    return app.test_client().open(f"/api/v1/me{path}", method=method, headers={"Authorization": f"Bearer {token}"})


def test_who_the_member_is_and_by_what_tills_know_them(app: Flask, shop: Shop, token: str) -> None:
    me = ask(app, token).json

    assert me["id"] == ids.public("mbr", shop.member.id)
    assert me["profile"]["first_name"]
    assert [one["kind"] for one in me["identifiers"]] == ["card", "external"]
    assert CARD not in str(me)


def test_every_movement_is_told_with_who_booked_it(app: Flask, shop: Shop, token: str) -> None:
    receipt = a_receipt(899, 455, member={"kind": "card", "value": CARD})
    (recorded,) = transact(lambda: purchases.record(shop.partner.id, [receipt]))

    balances, movements = ask(app, token, "/balances").json["items"], ask(app, token, "/movements").json["items"]

    assert isinstance(recorded, purchases.Recorded)
    assert sum(one["available"] + one["pending"] for one in balances) == sum(one["amount"] for one in movements) > 0
    assert {one["partner"] for one in movements} == {shop.partner.code}
    assert ask(app, token, "/orders").json == {"items": [], "next_cursor": None}


def test_movements_come_in_pages(app: Flask, shop: Shop, token: str) -> None:
    for _ in range(3):
        transact(lambda: purchases.record(shop.partner.id, [a_receipt(1000, member={"kind": "card", "value": CARD})]))

    first = ask(app, token, "/movements?limit=2").json
    second = ask(app, token, f"/movements?limit=2&cursor={first['next_cursor']}").json

    assert len({one["id"] for one in first["items"] + second["items"]}) == 3
    assert second["next_cursor"] is None


def test_a_code_pays_once_and_is_kept_by_nobody(app: Flask, shop: Shop, token: str) -> None:
    answer = ask(app, token, "/proofs", "POST")

    transact(lambda: members.use_proof(shop.program.id, shop.member.id, answer.json["code"]))

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json) == {"code", "payload", "expires_at"}
    assert ask(app, token, "/proofs", "POST").json["code"] != answer.json["code"]


def test_a_code_that_was_asked_for_under_a_key_is_told_again_though_nobody_has_kept_it(
    app: Flask, shop: Shop, token: str
) -> None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "pay-1"}
    path, client = "/api/v1/me/proofs", app.test_client()
    first = client.post(path, headers=headers)
    transact(lambda: members.use_proof(shop.program.id, shop.member.id, first.json["code"]))

    again, other = client.post(path, headers=headers), client.post(path, headers=headers, json={})

    assert (again.status_code, again.json) == (201, first.json)
    assert (again.headers["Idempotency-Replayed"], again.headers["Cache-Control"]) == ("true", "no-store")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    (kept,) = fetch_all("SELECT body::text FROM idempotency WHERE key LIKE '% pay-1'")
    assert first.json["code"] not in kept[0] and first.json["payload"] not in kept[0]


def test_a_key_of_one_member_is_none_of_another_s_in_the_same_app(app: Flask, shop: Shop, token: str) -> None:
    def another() -> str:
        other = a_member(shop.program, shop.partner, card="4276000011112222")
        (client,) = fetch_all("SELECT client_id FROM oauth_client WHERE name = 'App'")
        facts = {"program_id": shop.program.id}
        access.create_user("bea@coral.example", "correct horse battery", ["member"], f"member:{other.id}", **facts)
        return a_token_of("bea@coral.example", client.client_id)

    tokens = [token, transact(another)]
    told = [
        app.test_client().post(
            "/api/v1/me/proofs", headers={"Authorization": f"Bearer {one}", "Idempotency-Key": "pay-1"}
        )
        for one in tokens
    ]

    assert [answer.status_code for answer in told] == [201, 201]
    assert [answer.headers.get("Idempotency-Replayed") for answer in told] == [None, None]


def test_asking_for_a_code_says_nothing_more(app: Flask, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}

    unknown = app.test_client().post("/api/v1/me/proofs", headers=headers, json={"for": "me"})

    assert (unknown.status_code, unknown.json["errors"][0]["code"]) == (422, "unknown_field")
