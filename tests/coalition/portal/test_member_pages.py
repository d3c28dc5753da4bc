"""A partner lists whom it enrolled; of others it sees what their card tells its tills, and of strangers nothing."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from coalition import ledger, members
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from tests.coalition.members.builders import an_enrolment
from tests.coalition.portal.conftest import TWIN_CARD
from tests.coalition.purchases.builders import CARD, Shop, a_body, a_receipt, bought, earn_for_wine


def page_of(member_id: int) -> str:
    return f"/portal/members/{ids.public('mbr', member_id)}"


@pytest.fixture
def boris(twin: Shop) -> members.Member:
    """A member of the twin with an e-mail address and a card that the shop has never seen."""
    told = an_enrolment("B-77", card="4276000011112222", first_name="Boris", email="boris@example.com")
    return transact(lambda: members.enrol(twin.program.id, twin.partner.id, told)[0])


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_list_holds_whom_the_partner_enrolled_and_no_one_else(
    reader: FlaskClient, shop: Shop, boris: members.Member, language: str
) -> None:
    reader.set_cookie("language", language)

    page = reader.get("/portal/members").text

    assert page_of(shop.member.id) in page and "Anna Ozola" in page
    assert page_of(boris.id) not in page and "Boris" not in page
    assert "error-summary" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("number={own}", True),
        ("number=nobody", False),
        ("state=active", True),
        ("state=closed", False),
        ("since=2001-01-01", True),
        ("until=2001-01-01", False),
    ],
)
def test_the_list_is_sifted(reader: FlaskClient, shop: Shop, query: str, found: bool) -> None:
    page = reader.get(f"/portal/members?{query.format(own=shop.member.external_id)}").text

    assert ("Anna Ozola" in page) is found


def test_a_stranger_does_not_exist_whether_by_id_or_by_card(reader: FlaskClient, boris: members.Member) -> None:
    assert reader.get(page_of(boris.id)).status_code == 404
    assert reader.get("/portal/members/mbr_zzzz").status_code == 404
    for typed in ("4276000011112222", "boris@example.com", ids.public("mbr", boris.id)):
        answer = reader.post("/portal/members", data={"who": typed})
        assert answer.status_code == 422 and page_of(boris.id) not in answer.text


def test_who_enrolled_a_member_sees_profile_cards_and_its_own_bookings(
    reader: FlaskClient, shop: Shop, twin: Shop
) -> None:
    def work() -> None:
        bought(shop, a_body(1000, external_id="OURS"))
        bought(twin, a_body(3000, external_id="THEIRS", member={"kind": "card", "value": CARD}))

    transact(work)
    sent = reader.post("/portal/members", data={"who": CARD})
    page = reader.get(sent.headers["Location"]).text

    assert "Anna Ozola" in page and "5678" in page and CARD not in page
    assert "OURS" in page and "THEIRS" not in page and ">20<" in page


def test_of_a_member_of_others_the_partner_sees_tier_and_balance_alone(
    reader: FlaskClient, shop: Shop, boris: members.Member
) -> None:
    card = {"kind": "card", "value": "4276000011112222"}
    transact(lambda: bought(shop, a_body(1000, external_id="OURS", member=card)))

    page = reader.get(page_of(boris.id)).text

    assert "Another partner enrolled this member" in page and ">5<" in page
    assert "Boris" not in page and "boris@" not in page and "2222" not in page and "B-77" not in page


def test_points_that_pay_in_some_places_only_are_told_apart(reader: FlaskClient, shop: Shop) -> None:
    transact(lambda: earn_for_wine(shop))

    page = reader.get(page_of(shop.member.id)).text

    assert ">10<" in page and "in some places only 20" in page


def test_points_are_told_to_end_on_the_last_day_on_which_they_are_good(reader: FlaskClient, shop: Shop) -> None:
    transact(lambda: shop.record(a_receipt(1000)))
    [(_, ends_at)] = transact(lambda: ledger.balances(shop.program.id, shop.member.id)[0].next_expirations)
    midnight = ends_at.astimezone(ZoneInfo(shop.program.zone))
    last = midnight.date() - dt.timedelta(days=1)

    page = reader.get(page_of(shop.member.id)).text

    assert midnight.time() == dt.time()
    assert f">{last.day} {last:%b %Y}</time>" in page


def test_every_look_at_a_member_is_written_down(reader: FlaskClient, shop: Shop) -> None:
    reader.get(page_of(shop.member.id))

    [latest] = transact(lambda: audit.trail(f"member:{shop.member.id}", None, 1))
    assert latest.action == "member.viewed"


def test_a_card_that_two_partners_know_leads_each_to_its_own_sight(reader: FlaskClient, twin: Shop) -> None:
    assert reader.post("/portal/members", data={"who": TWIN_CARD}).status_code == 422
