"""Merging in the console: both members are shown before, one is left, and the trail leads from one to the other."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from coalition import ledger, members
from coalition.kernel import ids
from coalition.kernel.db import transact
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import Shop, a_receipt

BERTAS_CARD = "4276000099998888"


@pytest.fixture
def berta(shop: Shop) -> members.Member:
    """The same person under another number, with points of her own."""
    berta = transact(lambda: a_member(shop.program, shop.partner, card=BERTAS_CARD))
    card = {"kind": "card", "value": BERTAS_CARD}
    transact(lambda: shop.record(a_receipt(20_000, external_id="OTHERS-1", member=card), a_receipt(10_000)))
    return berta


def test_both_are_shown_and_then_made_one(support: FlaskClient, shop: Shop, anna: str, berta: members.Member) -> None:
    form = {"other": "4276 0000 9999 8888", "reason": "She joined twice"}

    shown = support.post(f"{anna}/merge", data=form)
    before = shop.available()
    done = support.post(f"{anna}/merge", data={**form, "confirmed": ids.public("mbr", berta.id)})

    assert shown.status_code == 200
    assert "This one goes" in shown.text
    assert berta.external_id in shown.text
    assert before == 50
    assert done.location == f"{anna}?done=merged"
    assert shop.available() == 150
    assert ledger.balances(shop.program.id, berta.id)[0].available == 0
    assert BERTAS_CARD not in done.location


def test_the_trail_leads_from_one_to_the_other(
    support: FlaskClient, shop: Shop, anna: str, berta: members.Member
) -> None:
    number = ids.public("mbr", berta.id)
    support.post(f"{anna}/merge", data={"other": number, "reason": "Twice", "confirmed": number})

    gone = support.get(f"/console/members/{number}").text
    left = support.get(anna).text

    assert anna in gone
    assert "Correct points" not in gone
    assert number in left
    assert "Members merged" in left
    assert "OTHERS-1" in support.get(f"{anna}/timeline?kind=purchases").text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"other": "", "reason": "x"}, "other"),
        ({"other": "nobody-at-all-1", "reason": "x"}, "other"),
        ({"other": "4276000012345678", "reason": "x"}, "other"),
        ({"other": BERTAS_CARD, "reason": ""}, "reason"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    support: FlaskClient, shop: Shop, anna: str, berta: members.Member, form: dict[str, str], field: str
) -> None:
    answer = support.post(f"{anna}/merge", data=form)

    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert f'href="#{field}"' in answer.text


def test_a_merged_member_is_not_merged_again(
    support: FlaskClient, shop: Shop, anna: str, berta: members.Member
) -> None:
    number = ids.public("mbr", berta.id)
    form = {"other": number, "reason": "Twice", "confirmed": number}
    third = transact(lambda: a_member(shop.program, shop.partner))
    support.post(f"{anna}/merge", data=form)

    again = support.post(f"{anna}/merge", data=form)
    elsewhere = support.post(f"/console/members/{ids.public('mbr', third.id)}/merge", data=form)

    assert again.status_code == 303
    assert elsewhere.status_code == 409
    assert "merged or closed before" in elsewhere.text


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_form_is_shown(support: FlaskClient, anna: str, language: str) -> None:
    assert support.get(f"{anna}/merge", headers={"Accept-Language": language}).status_code == 200
