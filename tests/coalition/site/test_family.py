"""The member's family in the cabinet, and what the balance page says of tiers."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, members, promotions
from coalition.kernel.db import transact
from tests.coalition.members.builders import a_ladder, a_member
from tests.coalition.purchases.builders import CARD, Shop, a_receipt, a_shop

PASSWORD = "correct horse battery"


@dataclass
class _Browser:
    """A browser in which a member is signed in."""

    client: FlaskClient

    def open(self, page: str = "/account/family", **headers: str) -> str:
        answer = self.client.get(page, headers=headers)
        assert answer.status_code == 200
        return answer.text

    def press(self, action: str, **form: str) -> tuple[int, str]:
        answer = self.client.post(action, data=form, follow_redirects=True)
        return answer.status_code, answer.text


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop with Anna and, with the card 77, Boris."""

    def work() -> Shop:
        shop = a_shop()
        boris = a_member(shop.program, shop.partner, card="77")
        for name, member in (("anna", shop.member), ("boris", boris)):
            email, owner = f"{name}@coral.example", f"member:{member.id}"
            access.create_user(email, PASSWORD, ["member"], owner, program_id=shop.program.id)
        return shop

    return transact(work)


def _sign_in(app: Flask, name: str) -> _Browser:
    client = app.test_client()
    client.post("/login", data={"email": f"{name}@coral.example", "password": PASSWORD})
    return _Browser(client)


def _action(page: str, what: str) -> str:
    found = re.search(rf'action="(/account/family/[^"]*{what}[^"]*)"', page)
    assert found is not None
    return found[1]


def test_a_family_is_founded_joined_and_left_without_script(app: Flask, shop: Shop) -> None:
    anna, boris = _sign_in(app, "anna"), _sign_in(app, "boris")

    status, page = anna.press("/account/family/invite", kind="card", value="77")
    assert (status, "is waiting for them" in page, "Invited member" in page) == (200, True, True)
    status, page = boris.press(_action(boris.open(), "accept"))
    assert (status, "Your family" in page, "Leave" in page) == (200, True, True)
    status, page = boris.press("/account/family/invite", kind="card", value=CARD)
    assert (status, "Only the head of the family does this" in page) == (409, True)
    anna.press(_action(anna.open(), "leave"))

    assert "Your family" not in boris.open()


def test_a_card_that_nobody_has_is_answered_as_any_other_and_guessing_is_braked(app: Flask, shop: Shop) -> None:
    anna = _sign_in(app, "anna")

    status, page = anna.press("/account/family/invite", kind="card", value="no such card")

    assert (status, "is waiting for them" in page) == (200, True)
    assert anna.press("/account/family/invite", kind="card", value=" ")[0] == 422
    assert anna.press("/account/family/fam_0000000000001/accept")[0] == 404
    guesses = [anna.press("/account/family/invite", kind="card", value=f"guess {at}")[0] for at in range(6)]
    assert guesses[-1] == 429


def test_the_balance_says_the_tier_and_how_far_the_next_one_is(app: Flask, shop: Shop) -> None:
    known = transact(lambda: a_ladder(shop.program))
    assert known.currency_id is not None
    anna = _sign_in(app, "anna")
    assert "No tier yet" in anna.open("/account")
    promotions.create_base_rule(
        shop.program.id,
        shop.partner.id,
        known.currency_id,
        points=1,
        each_minor=100,
        name_en="Elite",
        name_ru="Элита",
        code="elite",
    )
    now = members.identifiers(shop.member.id)[0].added_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    transact(lambda: shop.record(a_receipt(12_300, occurred_at=now)))

    page = anna.open("/account")

    assert "Silver" in page
    assert "123 of 500 to Gold" in page
    assert "«Золото»" in anna.open("/account", **{"Accept-Language": "ru"})
