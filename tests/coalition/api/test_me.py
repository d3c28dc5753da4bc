"""What a member's own app sees: everything of that member's, whoever booked it, and a code that pays."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coalition import access, members, purchases
from coalition.kernel import ids
from coalition.kernel.db import transact
from tests.builders import a_partner
from tests.coalition.access.oauth.app import CALLBACK, a_token_of
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
