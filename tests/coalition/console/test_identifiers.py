"""What staff do with identifiers: blocked, replaced and moved ones leave both balances as they were."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from coalition import members
from coalition.kernel import ids
from coalition.kernel.db import transact
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import CARD, Shop, a_receipt

NEW_CARD = "4276000011112222"


@pytest.fixture
def card(shop: Shop, anna: str) -> str:
    """The address of Anna's card."""
    [found] = [one for one in members.identifiers(shop.member.id) if one.kind == "card"]
    return f"{anna}/identifiers/{ids.public('idn', found.id)}"


@pytest.fixture
def berta(shop: Shop) -> members.Member:
    """Another member of the program."""
    return transact(lambda: a_member(shop.program, shop.partner, card="4276000099998888"))


def holder(shop: Shop, card: str) -> int | None:
    key = ("card", card)
    return transact(lambda: members.identify(shop.program.id, shop.partner.id, [key])).get(key)


def test_a_card_is_blocked_with_a_reason_only(support: FlaskClient, shop: Shop, anna: str, card: str) -> None:
    transact(lambda: shop.record(a_receipt(100_000)))

    without = support.post(card, data={"do": "block", "reason": ""})
    done = support.post(card, data={"do": "block", "reason": "Lost"})

    assert without.status_code == 422
    assert 'href="#reason"' in without.text
    assert done.location == f"{anna}/identifiers?done=identifier_blocked"
    assert "blocked" in support.get(done.location).text
    assert holder(shop, CARD) is None
    assert shop.available() == 500
    assert "“Lost”" in support.get(f"{anna}/timeline").text


def test_a_card_is_replaced_even_after_it_was_blocked(support: FlaskClient, shop: Shop, card: str) -> None:
    support.post(card, data={"do": "block", "reason": "Lost"})

    without = support.post(card, data={"do": "replace", "reason": "New card", "value": ""})
    done = support.post(card, data={"do": "replace", "reason": "New card", "value": "4276 0000 1111 2222"})

    assert without.status_code == 422
    assert 'href="#value"' in without.text
    assert done.status_code == 303
    assert NEW_CARD not in done.location
    assert holder(shop, NEW_CARD) == shop.member.id


def test_another_members_card_takes_no_place(support: FlaskClient, card: str, berta: members.Member) -> None:
    answer = support.post(card, data={"do": "replace", "reason": "x", "value": "4276000099998888"})

    assert answer.status_code == 409
    assert "<title>Error: " in answer.text


def test_a_move_shows_the_other_member_before_it_is_done(
    support: FlaskClient, shop: Shop, card: str, berta: members.Member
) -> None:
    form = {"do": "move", "reason": "Given to his wife", "to": "4276 0000 9999 8888"}

    shown = support.post(card, data=form)
    before = holder(shop, CARD)
    done = support.post(card, data={**form, "confirmed": ids.public("mbr", berta.id)})

    assert shown.status_code == 200
    assert berta.external_id in shown.text
    assert before == shop.member.id
    assert done.status_code == 303
    assert holder(shop, CARD) == berta.id


@pytest.mark.parametrize("to", ["", "4276000012340000", CARD])
def test_a_move_needs_one_other_member(support: FlaskClient, shop: Shop, card: str, to: str) -> None:
    answer = support.post(card, data={"do": "move", "reason": "x", "to": to})

    assert answer.status_code == 422
    assert 'href="#to"' in answer.text
    assert holder(shop, CARD) == shop.member.id


def test_another_members_identifier_is_not_reached_through_this_one(
    support: FlaskClient, anna: str, berta: members.Member
) -> None:
    [other] = [one for one in members.identifiers(berta.id) if one.kind == "card"]
    page = f"{anna}/identifiers/{ids.public('idn', other.id)}"

    assert support.get(page).status_code == 404
    assert support.post(page, data={"do": "block", "reason": "x"}).status_code == 404


@pytest.mark.parametrize("do", ["block", "replace", "move", "nonsense"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_form_is_shown(support: FlaskClient, card: str, do: str, language: str) -> None:
    assert support.get(f"{card}?do={do}", headers={"Accept-Language": language}).status_code == 200
