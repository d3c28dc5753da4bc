"""A member as staff see it: the figures are the ledger's, the timeline is whole, and every look is written down."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from coalition import members, programs, promotions
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import (
    CARD,
    Shop,
    a_hold,
    a_receipt,
    a_return,
    earn_for_wine,
    give_back,
    public_hold,
)

PARTS = ("", "/points", "/timeline", "/identifiers")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_new_member_has_every_page(support: FlaskClient, anna: str, part: str, language: str) -> None:
    answer = support.get(anna + part, headers={"Accept-Language": language})

    assert answer.status_code == 200
    assert "Anna Ozola" in answer.text


def test_the_glance_shows_figures_expiry_holds_and_cards(support: FlaskClient, shop: Shop, anna: str) -> None:
    transact(lambda: shop.record(a_receipt(246_800, external_id="48-1120")))
    transact(lambda: a_hold(shop, 34))

    text = support.get(anna).text

    assert "1,200" in text  # 1234 - 34
    assert "Purchase, receipt 48-1120" in text
    assert "Base points" in text or "1 bonus" in text or "bonuses" in text
    assert "5678" in text
    assert CARD not in text
    assert "30 November 2027" in text


def test_the_points_page_says_who_pays_for_each_part(support: FlaskClient, shop: Shop, anna: str) -> None:
    transact(lambda: shop.record(a_receipt(246_800)))

    assert "Freshmart SIA" in support.get(f"{anna}/points").text


def test_the_points_page_tells_apart_what_pays_in_some_places_only(support: FlaskClient, shop: Shop, anna: str) -> None:
    transact(lambda: earn_for_wine(shop))

    text = support.get(f"{anna}/points").text

    assert re.search(r"In some places only</dt><dd>\s*20\s*<", text)
    assert "wine points only" in text


def test_what_is_owed_is_told_as_a_debt_and_taken_once_when_it_is_settled(
    support: FlaskClient, shop: Shop, anna: str
) -> None:
    transact(lambda: programs.change(shop.program.id, return_policy="arrears"))
    transact(lambda: programs.change_currency(shop.currency.id, debt_floor=1000))
    [earned] = transact(lambda: shop.record(a_receipt(90_000, external_id="R-EARN")))
    hold = transact(lambda: a_hold(shop, 450))
    transact(lambda: shop.record(a_receipt(100, external_id="R-PAID", hold_id=public_hold(hold))))
    transact(lambda: give_back(shop, a_return(earned.id, {1: None})))

    text = support.get(f"{anna}/timeline").text

    assert "450 owed" in text
    assert "−450" not in text.partition("Points owed after a return")[2].partition("</tr>")[0]


def test_every_look_is_written_down_and_can_be_seen(support: FlaskClient, shop: Shop, anna: str) -> None:
    for part in PARTS:
        support.get(anna + part)

    query = "SELECT actor, details FROM audit WHERE action = 'member.viewed' AND subject = :subject ORDER BY id"
    rows = transact(lambda: fetch_all(query, {"subject": f"member:{shop.member.id}"}))
    shown = support.get(f"{anna}/timeline?kind=looks").text

    assert [row.details["part"] for row in rows] == ["overview", "points", "timeline", "identifiers"]
    assert len({row.actor for row in rows}) == 1
    assert "support@coral.test" in shown
    assert "Looked at by staff" not in support.get(f"{anna}/timeline").text


def test_the_timeline_tells_points_and_changes_in_one_order(support: FlaskClient, shop: Shop, anna: str) -> None:
    transact(lambda: shop.record(a_receipt(100_000, external_id="R-EARN")))
    hold = transact(lambda: a_hold(shop, 300))
    transact(lambda: shop.record(a_receipt(1000, external_id="R-PAID", hold_id=public_hold(hold))))
    [card] = [one for one in members.identifiers(shop.member.id) if one.kind == "card"]
    transact(lambda: members.block(shop.partner.id, shop.member.id, card.id))

    everything = support.get(f"{anna}/timeline").text
    by_kind = {kind: support.get(f"{anna}/timeline?kind={kind}").text for kind in ("points", "holds", "record")}

    told = ("Purchase, receipt R-EARN", "Points reserved", "Paid with points, receipt R-PAID", "Identifier blocked")
    assert all(words in everything for words in (*told, "Enrolled"))
    assert "Points reserved" not in by_kind["points"]
    assert "R-EARN" not in by_kind["holds"]
    assert "R-EARN" not in by_kind["record"]
    assert "Identifier blocked" in by_kind["record"]


def test_the_timeline_goes_on_behind_a_cursor_without_loss_or_repeat(
    support: FlaskClient, shop: Shop, anna: str
) -> None:
    transact(lambda: shop.record(*(a_receipt(1000, external_id=f"N-{at:03}") for at in range(120))))
    seen: list[int] = []
    enrolled = 0
    address = f"{anna}/timeline"
    for _ in range(5):
        text = support.get(address).text
        seen += [at for at in range(120) if f"N-{at:03}" in text]
        enrolled += text.count("Enrolled")
        if 'rel="next"' not in text:
            break
        address = f"{anna}/timeline?cursor=" + text.split("cursor=")[1].split('"')[0]

    assert sorted(seen) == list(range(120))
    assert enrolled == 1


def test_purchases_that_earned_nothing_are_listed_and_lead_to_their_receipt(
    support: FlaskClient, shop: Shop, anna: str
) -> None:
    [dry] = transact(lambda: shop.record(a_receipt(150, external_id="R-DRY")))

    text = support.get(f"{anna}/timeline?kind=purchases").text
    receipt = support.get(f"/console/purchases/{ids.public('pur', dry.id)}").text

    assert "R-DRY" in text
    assert ids.public("pur", dry.id) in text
    assert "No rule gave points" in receipt


def test_a_receipt_says_what_it_earned_and_why(support: FlaskClient, shop: Shop) -> None:
    [made] = transact(lambda: shop.record(a_receipt(1500, 2500, external_id="R-WHY")))

    text = support.get(f"/console/purchases/{ids.public('pur', made.id)}").text

    assert "+20" in text
    assert "version 1" in text
    assert "€40.00" in text
    assert "Anna Ozola" in text


def test_a_receipt_says_which_promotions_gave_nothing_and_why(support: FlaskClient, shop: Shop) -> None:
    big = a_document("big", a_credit("fixed", points=99), when={"f": "receipt.total", "op": "gte", "v": 5_000})
    transact(lambda: promotions.publish(shop.program.id, [big], actor=ACTOR))
    [made] = transact(lambda: shop.record(a_receipt(1_000)))

    text = support.get(f"/console/purchases/{ids.public('pur', made.id)}").text

    assert "it asks that the receipt total is at least 50.00" in text


def test_a_receipt_of_nobody_has_its_page(support: FlaskClient, shop: Shop) -> None:
    [made] = transact(lambda: shop.record(a_receipt(1500, member=None)))

    assert "nobody earned" in support.get(f"/console/purchases/{ids.public('pur', made.id)}").text


@pytest.mark.parametrize(
    "path", ["members/mbr_0000000000zzz", "members/x", "purchases/pur_0000000000zzz", "purchases/1"]
)
def test_what_does_not_exist_is_not_found(support: FlaskClient, path: str) -> None:
    assert support.get(f"/console/{path}").status_code == 404


@pytest.mark.parametrize("query", ["kind=nonsense", "kind=", "kind=holds&cursor=nonsense", "cursor=bm9uc2Vuc2U"])
def test_a_strange_filter_or_cursor_harms_nothing(support: FlaskClient, anna: str, query: str) -> None:
    assert support.get(f"{anna}/timeline?{query}").status_code in (200, 422)


@pytest.mark.parametrize(("language", "words"), [("en", "returned in part"), ("ru", "возвращён частично")])
def test_a_receipt_tells_what_was_paid_with_points_and_what_came_back(
    support: FlaskClient, shop: Shop, language: str, words: str
) -> None:
    transact(lambda: shop.record(a_receipt(100_000)))
    hold = transact(lambda: a_hold(shop, 300))
    [made] = transact(lambda: shop.record(a_receipt(20_000, 30_000, hold_id=public_hold(hold))))
    transact(lambda: give_back(shop, a_return(made.id, {1: None}, external_id="BACK-1")))

    address = f"/console/purchases/{ids.public('pur', made.id)}"
    text = support.get(address, headers={"Accept-Language": language}).text

    assert words in text
    assert "BACK-1" in text
    assert "Freshmart SIA" in text


def test_a_return_leads_from_the_timeline_to_its_receipt(support: FlaskClient, shop: Shop, anna: str) -> None:
    [made] = transact(lambda: shop.record(a_receipt(100_000)))
    transact(lambda: give_back(shop, a_return(made.id, {1: None}, external_id="BACK-1")))

    text = support.get(f"{anna}/timeline?kind=points").text

    assert "Return, receipt BACK-1" in text
    assert text.count(f"/console/purchases/{ids.public('pur', made.id)}") == 2
