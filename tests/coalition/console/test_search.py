"""Finding a member by anything that is known of one; no card number ever stands in an address."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from coalition import members
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from tests.coalition.members.builders import an_enrolment
from tests.coalition.purchases.builders import CARD, Shop, a_receipt, a_shop


def enrol(shop: Shop, external_id: str, **more: str) -> members.Member:
    enrolment = an_enrolment(external_id, **more)
    return transact(lambda: members.enrol(shop.program.id, shop.partner.id, enrolment))[0]


@pytest.mark.parametrize("typed", [CARD, "4276 0000 1234 5678", "R-48/1120", " 4276-0000-1234-5678 "])
def test_a_card_or_a_receipt_leads_to_its_member(support: FlaskClient, shop: Shop, anna: str, typed: str) -> None:
    transact(lambda: shop.record(a_receipt(10_000, external_id="R-48/1120")))

    answer = support.post("/console/members", data={"q": typed})

    assert (answer.status_code, answer.location) == (303, anna)


def test_a_blocked_card_still_leads_to_its_member(support: FlaskClient, shop: Shop, anna: str) -> None:
    [card] = [one for one in members.identifiers(shop.member.id) if one.kind == "card"]
    transact(lambda: members.block(shop.partner.id, shop.member.id, card.id))

    assert support.post("/console/members", data={"q": CARD}).location == anna


@pytest.mark.parametrize("typed", ["berta@coral.example", "BERTA@Coral.example", "+371 2000-0018", "B-7"])
def test_what_the_profile_or_the_partner_knows_leads_there_too(support: FlaskClient, shop: Shop, typed: str) -> None:
    berta = enrol(shop, "B-7", first_name="Berta", email="berta@coral.example", phone="+371 20000018")

    answer = support.post("/console/members", data={"q": typed})

    assert answer.location == f"/console/members/{ids.public('mbr', berta.id)}"


def test_the_members_own_number_leads_there(support: FlaskClient, shop: Shop, anna: str) -> None:
    assert support.post("/console/members", data={"q": ids.public("mbr", shop.member.id)}).location == anna


def test_a_name_leads_to_a_list_that_may_be_paged(support: FlaskClient, shop: Shop) -> None:
    for number in range(55):
        enrol(shop, f"K-{number:02}", first_name="Karlis", last_name=f"Bērziņš{number:02}")

    answer = support.post("/console/members", data={"q": "bērz kar"})
    first = support.get(answer.location).text
    rest = support.get("/console/members?name=b%C4%93rz&cursor=" + first.split("cursor=")[1].split('"')[0]).text

    shown = [number for number in range(55) if f"K-{number:02}" in first]
    assert shown == list(range(50))
    assert [number for number in range(55) if f"K-{number:02}" in rest] == list(range(50, 55))


def test_several_members_behind_one_number_are_listed_without_it(support: FlaskClient, shop: Shop) -> None:
    for external_id in ("T-1", "T-2"):
        enrol(shop, external_id, first_name="Twin", phone="+37120000099")

    answer = support.post("/console/members", data={"q": "+37120000099"})
    text = support.get(answer.location).text

    assert answer.status_code == 303
    assert "20000099" not in answer.location
    assert "T-1" in text
    assert "T-2" in text


@pytest.mark.parametrize("typed", ["4276000099999999", "nobody@coral.example", "100%_'--", "%" * 50, "0" * 250])
def test_what_nobody_has_is_said_and_kept_in_the_box(support: FlaskClient, shop: Shop, typed: str) -> None:
    answer = support.post("/console/members", data={"q": typed})
    page = support.get(answer.location) if answer.status_code == 303 else answer

    assert page.status_code == 200
    assert "Nobody found" in page.text


@pytest.mark.parametrize("typed", ["", "   ", "x" * 257])
def test_an_impossible_question_is_refused_with_a_summary(support: FlaskClient, shop: Shop, typed: str) -> None:
    answer = support.post("/console/members", data={"q": typed})

    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert "data-error-summary" in answer.text
    assert 'href="#q"' in answer.text


def test_another_programs_members_are_not_found(support: FlaskClient, shop: Shop) -> None:
    other = transact(lambda: a_shop(card="4276000055556666"))

    here = support.post("/console/members", data={"q": "4276000055556666", "program": shop.program.code})
    there = support.post("/console/members", data={"q": "4276000055556666", "program": other.program.code})

    assert here.status_code == 200
    assert there.location == f"/console/members/{ids.public('mbr', other.member.id)}"
    assert support.get("/console/members?program=none").status_code == 404


def test_a_list_of_members_leaves_a_trail(support: FlaskClient, shop: Shop) -> None:
    support.get("/console/members?name=anna")

    [row] = transact(lambda: fetch_all("SELECT actor, details FROM audit WHERE action = 'member.listed'"))

    assert row.actor.startswith("user:")
    assert row.details == {"members": [shop.member.id]}


@pytest.mark.parametrize("query", ["among=1.2.x", "among=99999999999999999999", "name=a&cursor=zz"])
def test_a_strange_address_harms_nothing(support: FlaskClient, shop: Shop, query: str) -> None:
    assert support.get(f"/console/members?{query}").status_code in (200, 422)
