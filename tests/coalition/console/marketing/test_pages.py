"""The marketers' other pages: list, calendar, one promotion and its life, rulesets, groups, campaigns, goods."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import partners, promotions
from coalition.kernel.db import raw, transact
from tests.coalition.console.conftest import signed_in
from tests.coalition.promotions.engine.builders import a_credit, a_line, a_promotion, a_receipt
from tests.coalition.purchases.builders import Shop

_MANY_SEGMENTS = """
    INSERT INTO member_holding (program_id, member_id, kind, name, value)
    SELECT %s, %s, 'segment', 's' || to_char(no, 'FM00000'), 1 FROM generate_series(1, 10000) no"""

HOME = "/console/promotions"


@pytest.fixture
def five(first: FlaskClient, shop: Shop) -> str:
    """A published promotion's code."""
    publish(shop, bp=500)
    return "five"


def publish(shop: Shop, bp: int, **facts: Any) -> promotions.Ruleset:
    """Publish the promotion `five` with this percentage."""
    name = {"name": {"en": "Five percent", "ru": "Пять процентов"}}
    document = {**a_promotion(a_credit("percent", bp=bp, currency="BON"), **name, **facts), "id": "five"}
    return transact(lambda: promotions.publish(shop.program.id, [document], actor="user:1"))


def test_the_list_tells_each_promotion_as_a_sentence_and_finds_by_name(first: FlaskClient, five: str) -> None:
    page, none = first.get(f"{HOME}?q=FIVE").text, first.get(f"{HOME}?q=six").text

    assert "On a purchase, give 5% in" in page
    assert "Nothing matches" in none
    assert "Five percent" not in none


def test_the_list_of_a_program_without_any_offers_to_begin(first: FlaskClient) -> None:
    assert "No promotion yet" in first.get(HOME).text


def test_the_calendar_shows_the_days_of_each_promotion(first: FlaskClient, shop: Shop) -> None:
    publish(shop, bp=500, **{"from": "2027-03-01T00:00:00Z", "to": "2027-03-15T00:00:00Z"})

    before, during = (first.get(f"{HOME}/calendar?from={day}").text for day in ("2026-06-01", "2027-02-01"))

    assert "Five percent" not in before
    assert "Five percent" in during
    assert first.get(f"{HOME}/calendar?from=nonsense").status_code == 200


def test_a_promotion_is_paused_goes_on_and_ends(first: FlaskClient, five: str, shop: Shop) -> None:
    phases = []
    for step in ("pause", "resume", "end", "archive"):
        assert first.post(f"{HOME}/{five}/{step}").status_code == 303
        phases.append(transact(lambda: promotions.one(shop.program.id, five)).phase)

    assert phases == ["paused", "active", "ended", "archived"]
    refused = first.post(f"{HOME}/{five}/pause")
    assert (refused.status_code, "It does not go there from here" in refused.text) == (409, True)


def test_versions_tell_what_differs(first: FlaskClient, five: str, shop: Shop) -> None:
    publish(shop, bp=700)

    page = first.get(f"{HOME}/{five}/versions/2").text

    assert "What differs from version 1" in page
    assert '<del class="was">' in page
    assert first.get(f"{HOME}/{five}/versions/3").status_code == 404


def test_a_request_is_sent_back_with_a_reason(first: FlaskClient, second: FlaskClient, five: str, shop: Shop) -> None:
    draft = transact(lambda: promotions.draft(shop.program.id, five)).document
    transact(lambda: promotions.save_draft(shop.program.id, five, {**draft, "priority": 5}, actor="user:1"))
    assert first.post(f"{HOME}/{five}/send", data={}).status_code == 422
    first.post(f"{HOME}/{five}/send", data={"note": "Higher"})
    assert "Approve and publish" in second.get(f"{HOME}/{five}").text
    assert "Approve and publish" not in first.get(f"{HOME}/{five}").text

    silent = second.post(f"{HOME}/{five}/reject", data={})
    told = second.post(f"{HOME}/{five}/reject", data={"rejection": "Not in May"})

    assert (silent.status_code, told.status_code) == (422, 303)
    assert transact(lambda: promotions.one(shop.program.id, five)).approval_id is None


def test_an_earlier_ruleset_is_brought_back_with_a_reason(first: FlaskClient, five: str, shop: Shop) -> None:
    publish(shop, bp=700)
    assert "differs from what is in force" in first.get("/console/rulesets/1").text

    silent = first.post("/console/rulesets/1/restore", data={})
    told = first.post("/console/rulesets/1/restore", data={"note": "Too dear"})

    assert (silent.status_code, told.status_code) == (422, 303)
    now = transact(lambda: promotions.ruleset(shop.program.id))
    assert now is not None
    assert (now.no, now.documents[five]["effects"][0]["calc"]["bp"]) == (3, 500)
    assert "Too dear" in first.get("/console/rulesets").text


def test_what_published_promotions_share_is_changed_by_two(
    first: FlaskClient, second: FlaskClient, five: str, shop: Shop
) -> None:
    group = {"code": "mult", "mode": "best", "scope": "line"}
    first.post("/console/promotion-groups", data=group)
    publish(shop, bp=500, group="mult")

    first.post("/console/promotion-groups", data={**group, "mode": "first"})
    page = second.get("/console/promotion-changes").text
    found = re.search(r"promotion-changes/(apr_\w+)/approve", page)
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert found is not None and seen is not None
    answer = second.post(f"/console/promotion-changes/{found[1]}/approve", data={"seen": seen[1]})

    assert answer.status_code == 303
    assert transact(lambda: promotions.groups_of(shop.program.id)) == {"mult": {"mode": "first", "scope": "line"}}


def a_draft_that_fills(shop: Shop, *segments: str) -> None:
    """A promotion's draft that puts members into these segments."""
    effects = [{"kind": "segment.add", "segment": one} for one in segments]
    document = {"name": {"en": "A", "ru": "Б"}, "events": ["receipt.closed"], "effects": effects}
    transact(lambda: promotions.save_draft(shop.program.id, "fills", document, actor="tests"))


def test_a_segment_is_picked_and_one_that_there_is_not_stands_in_the_way(first: FlaskClient, shop: Shop) -> None:
    a_draft_that_fills(shop, "vip", "new")
    document = {
        "name": {"en": "A", "ru": "Б"},
        "events": ["receipt.closed"],
        "audience": {"segments_any": ["vpi"]},
        "when": {"any": [{"f": "member.segments", "op": "has", "v": "neww"}]},
        "effects": [],
    }

    draft = transact(lambda: promotions.save_draft(shop.program.id, "meant", document, actor="tests"))
    page = first.get("/console/promotions/meant/edit").text

    assert {(one.pointer, one.detail) for one in draft.problems if one.code == "unknown_segment"} == {
        ("/audience/segments_any/0", "Unknown: vpi. Did you mean vip?"),
        ("/when/any/0/v/0", "Unknown: neww. Did you mean new?"),
    }
    assert 'name="segments" value="vip"' in page
    assert 'name="segments" value="vpi" checked' in page


def test_a_segment_may_have_a_comma_in_its_code(first: FlaskClient, shop: Shop) -> None:
    a_draft_that_fills(shop, "vip, gold", "new")
    given = {"code": "autumn", "name_en": "Autumn", "name_ru": "Осень", "segments_any": ['"vip, gold"', "new"]}

    saved = first.post("/console/campaigns/edit", data=given)

    [one] = transact(lambda: promotions.list_campaigns(shop.program.id))
    assert (saved.status_code, one.segments_any) == (303, ("vip, gold", "new"))
    page = first.get("/console/campaigns/edit?code=autumn").text
    assert 'value="&#34;vip, gold&#34;" checked' in page


def test_a_segment_is_known_however_many_there_are(first: FlaskClient, shop: Shop) -> None:
    transact(lambda: raw().execute(_MANY_SEGMENTS.encode(), (shop.program.id, shop.member.id)))

    missing = transact(lambda: promotions.missing_segments(shop.program.id, ["s09999", "s10001"]))

    assert list(missing) == ["s10001"]


def test_a_campaign_is_kept_and_shown_again(first: FlaskClient, shop: Shop) -> None:
    given = {"code": "autumn", "name_en": "Autumn", "name_ru": "Осень", "starts": "2026-09-01", "ends": "2026-11-30"}
    given |= {"control": "10", "budget": "1000", "segments_any": "vip, new", "payer-0": "operator"}
    a_draft_that_fills(shop, "vip", "new")

    slip = first.post("/console/campaigns/edit", data={**given, "segments_any": "vipp"})
    saved = first.post("/console/campaigns/edit", data=given)
    wrong = first.post("/console/campaigns/edit", data={**given, "starts": "soon", "control": "x"})

    assert (slip.status_code, saved.status_code, wrong.status_code) == (422, 303, 422)
    assert "Did you mean vip?" in slip.text
    [one] = transact(lambda: promotions.list_campaigns(shop.program.id))
    assert (one.control_bp, one.segments_any, one.sponsor) == (1_000, ("vip", "new"), "operator")
    assert one.budget == {"metric": "money", "value": 100_000}
    page = first.get("/console/campaigns/edit?code=autumn").text
    assert 'value="2026-11-30"' in page
    assert "Autumn" in first.get("/console/campaigns").text


def test_a_partners_products_are_described_by_a_table(first: FlaskClient, shop: Shop) -> None:
    page, given = "/console/product-groups/assortment", {"described": shop.partner.code}

    right = first.post(page, data={**given, "table": (BytesIO(b"sku,category_path,vat\nM1,food/dairy,5.5\n"), "t.csv")})
    wrong = first.post(page, data={**given, "table": (BytesIO(b"sku,category_path\n,x\n"), "t.csv")})
    nothing = first.post(page, data=given)

    assert (right.status_code, wrong.status_code, nothing.status_code) == (303, 422, 422)
    assert transact(lambda: partners.products(shop.partner.id, ["M1"]))["M1"].vat_bp == 550
    assert "Line 2, sku: A text of 1 to 100 characters." in wrong.text


def test_products_are_put_into_groups(first: FlaskClient, shop: Shop) -> None:
    page = "/console/product-groups"
    assert first.post(page, data={"code": "tea", "name_en": "Tea", "name_ru": "Чай"}).status_code == 303

    put = first.post(f"{page}/assign", data={"partner": shop.partner.code, "group": "tea", "skus": "T1 T2\nT3"})
    unknown = first.post(f"{page}/assign", data={"partner": shop.partner.code, "group": "cocoa", "skus": "T1"})

    assert (put.status_code, unknown.status_code) == (303, 422)
    assert transact(lambda: partners.groups_of(shop.partner.id, ["T1", "T3"])) == {"T1": "tea", "T3": "tea"}


def test_the_whole_document_is_written_as_json(first: FlaskClient, five: str, shop: Shop) -> None:
    expert = f"{HOME}/{five}/expert"

    saved = first.post(expert, data={"document": '{"events": [], "rules": [{"effects": []}]}'})
    broken = first.post(expert, data={"document": '{"events": '})

    assert (saved.status_code, broken.status_code) == (303, 422)
    draft = transact(lambda: promotions.draft(shop.program.id, five))
    assert draft.document["rules"] == [{"effects": []}]
    assert draft.problems != ()
    assert "To be mended" in first.get(f"{HOME}/{five}/edit").text


def test_tests_that_a_draft_carries_are_run_before_it_is_sent(first: FlaskClient, five: str, shop: Shop) -> None:
    document = transact(lambda: promotions.draft(shop.program.id, five)).document
    event = a_receipt(a_line(1, 10_000))
    tests = [
        {"name": "Five of a hundred", "event": event, "effects": [{"kind": "points.credit", "units": 500}]},
        {"name": "Nothing at all", "event": event, "effects": []},
    ]
    transact(lambda: promotions.save_draft(shop.program.id, five, {**document, "tests": tests}, actor="user:1"))

    page = first.get(f"{HOME}/{five}/send").text
    refused = first.post(f"{HOME}/{five}/send", data={"note": "Now"})

    assert re.findall(r'<li class="(is-\w+)">', page) == ["is-ok", "is-open"]
    assert "does not give what is expected" in page
    assert (refused.status_code, "A test that is stored with it fails" in refused.text) == (422, True)


def test_every_page_speaks_russian(first: FlaskClient, five: str) -> None:
    pages = ("", "/new", "/calendar", "/five", "/five/edit", "/five/expert", "/five/send", "/five/versions/1")
    answers = [first.get(f"{HOME}{page}", headers={"Accept-Language": "ru"}) for page in pages]

    assert [(one.status_code, "Акции" in one.text) for one in answers] == [(200, True)] * len(pages)


def test_an_administrator_may_do_all_of_it(app: Flask, five: str) -> None:
    admin = signed_in(app, "admin@coral.test", "admin")

    assert {admin.get(page).status_code for page in (HOME, "/console/rulesets", "/console/campaigns")} == {200}


def test_categories_are_chosen_from_the_assortments(first: FlaskClient, five: str, shop: Shop) -> None:
    described = [partners.Item("C1", "food/drinks/coffee", "Jardin"), partners.Item("C2", "food/drinks/tea")]
    transact(lambda: partners.classify(shop.partner.id, described))

    page = first.post(f"{HOME}/{five}/edit", data={"do": "add:line", "add-line": "category"}).text

    assert 'type="checkbox" name="line-0-v" value="coffee"' in page
    assert transact(lambda: partners.shelves(shop.program.id)) == (["coffee", "tea"], ["Jardin"])
