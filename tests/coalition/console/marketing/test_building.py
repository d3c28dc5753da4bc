"""A marketer makes a promotion without script: rows come and go by posts, nothing is lost, a second one approves."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from coalition import promotions
from coalition.kernel.db import transact
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop

NEW = {"name_en": "Coffee weekend", "name_ru": "Кофейные выходные", "start": "multiply"}
EDIT = "/console/promotions/coffee-weekend/edit"
PAGES = ("", "/calendar", "/new")


def test_others_than_marketers_are_refused(app: Flask, shop: Shop) -> None:
    others = signed_in(app, "others@coral.test", "support", "catalog", "finance")

    assert {others.get(f"/console/promotions{page}").status_code for page in PAGES} == {403}


def test_a_marketer_comes_to_promotions_and_to_nothing_of_members(first: FlaskClient) -> None:
    assert first.get("/welcome").location == "/console/promotions"
    assert first.get("/console/members").status_code == 403


def test_double_points_at_weekends_on_coffee_for_gold_take_a_few_posts(
    first: FlaskClient, second: FlaskClient, shop: Shop
) -> None:
    assert first.post("/console/promotions/new", data=NEW).location.endswith("/coffee-weekend/edit")
    page = first.get(EDIT).text
    for section, field, more in (
        ("when", "event.weekday", {"when-0-v": ["6", "7"]}),
        ("line", "groups", {"line-0-v": ["coffee"]}),
        ("member", "member.tier", {"member-0-v": ["base"]}),
    ):
        page = first.post(EDIT, data={**fields(page), "do": f"add:{section}", f"add-{section}": field}).text
        page = first.post(EDIT, data={**fields(page), **more, "do": "refresh"}).text
    assert "not saved yet" in page

    saved = first.post(EDIT, data={**fields(page), "do": "save"})

    assert saved.status_code == 303
    draft = transact(lambda: promotions.draft(shop.program.id, "coffee-weekend"))
    assert draft.problems == ()
    assert draft.document["when"] == {
        "all": [
            {"f": "event.weekday", "op": "in", "v": [6, 7]},
            {"f": "member.tier", "op": "in", "v": ["base"]},
        ]
    }
    [effect] = draft.document["effects"]
    assert effect["where"] == {"f": "groups", "op": "has_any", "v": ["coffee"]}
    assert effect["calc"] == {"type": "multiply", "x_bp": 20_000}
    tried = first.post(EDIT, data={**fields(first.get(EDIT).text), "do": "try"})
    assert tried.location.endswith("/coffee-weekend/try")
    page = first.get(tried.location, follow_redirects=True).text
    assert 'name="do" value="try"' in page
    draft = transact(lambda: promotions.draft(shop.program.id, "coffee-weekend"))
    told = text_of(page)
    assert "On a purchase on Saturdays and Sundays, if the member’s tier is Basic tier, give double" in told

    sent = first.post("/console/promotions/coffee-weekend/send", data={"note": "For May", "seen": str(draft.no)})
    own = first.post("/console/promotions/coffee-weekend/approve", data={"seen": seen(first)})
    approved = second.post("/console/promotions/coffee-weekend/approve", data={"seen": seen(second)})

    assert (sent.status_code, own.status_code, approved.status_code) == (303, 403, 303)
    assert transact(lambda: promotions.one(shop.program.id, "coffee-weekend")).phase == "active"
    assert "Coffee weekend" in second.get("/console/promotions?state=active").text


def test_what_the_rows_cannot_show_stays_and_is_written_as_text(first: FlaskClient, shop: Shop) -> None:
    first.post("/console/promotions/new", data=NEW)
    expert = EDIT.replace("edit", "expert")
    text = 'receipt.total >= 1000 && (event.weekday == 1 || !(member.tier == "gold"))'
    assert first.post(expert, data={**fields(first.get(expert).text), "when": text}).status_code == 303
    before = transact(lambda: promotions.draft(shop.program.id, "coffee-weekend")).document

    page = first.get(EDIT).text
    assert "It is on Mondays or it is not so that the member’s tier is gold" in text_of(page)
    first.post(EDIT, data={**fields(page), "do": "save"})

    assert transact(lambda: promotions.draft(shop.program.id, "coffee-weekend")).document == before
    assert html.escape(text, quote=False) in first.get(expert).text.replace("&#34;", '"')


def test_a_row_is_taken_away_by_its_button(first: FlaskClient, shop: Shop) -> None:
    first.post("/console/promotions/new", data={**NEW, "start": "threshold"})
    page = first.get(EDIT).text
    assert 'name="when-0-v"' in page

    page = first.post(EDIT, data={**fields(page), "do": "drop:when:0"}).text

    assert 'name="when-0-v"' not in page


def test_a_set_steps_and_a_win_are_made_of_rows_by_posts_alone(first: FlaskClient, shop: Shop) -> None:
    first.post("/console/promotions/new", data={**NEW, "start": "empty"})
    page = first.get(EDIT).text
    for button, more in (
        ("add:then", {"add-then": "table_points"}),
        ("add:then-0", {"then-0-0-start": "0", "then-0-0-value": "5", "then-0-mode": "slice"}),
        ("add:then", {"then-0-1-start": "20", "then-0-1-value": "9", "add-then": "bundle"}),
        ("refresh", {"then-1-value": "10", "then-1-0-value": "2", "then-1-0-f": "category"}),
        ("add:then", {"then-1-0-v": "coffee", "add-then": "chance"}),
        ("add:then-2", {"then-2-value": "2.5", "add-then-2": "gift"}),
        ("add:then", {"then-2-0-value": "MUG", "add-then": "by_tier"}),
        ("save", {"then-3-0-start": "base", "then-3-0-value": "1.5"}),
    ):
        answer = first.post(EDIT, data={**fields(page), **more, "do": button})
        page = answer.text

    assert answer.status_code == 303
    draft = transact(lambda: promotions.draft(shop.program.id, "coffee-weekend"))
    steps, bundle, chance = draft.document["effects"]
    assert steps["calc"]["rows"] == [{"from": 0, "points": 5}, {"from": 2000, "points": 9}]
    assert steps["calc"]["mode"] == "slice"
    goods = {"where": {"f": "category", "op": "in", "v": ["coffee"]}, "qty": 2}
    assert bundle["calc"] == {"type": "bundle", "price": 1000, "items": [goods]}
    assert chance == {"kind": "chance", "win_ppm": 25_000, "on_win": [{"kind": "gift", "sku": "MUG"}]}
    [level] = draft.document["rules"]
    assert (level["when"]["v"], level["effects"][0]["calc"]["x_bp"]) == ("base", 15_000)
    assert draft.problems == ()
    told = text_of(first.get(EDIT).text)
    assert "sell the set (2 pcs on coffee) for" in told
    before = draft.document
    assert first.post(EDIT, data={**fields(first.get(EDIT).text), "do": "save"}).status_code == 303
    assert transact(lambda: promotions.draft(shop.program.id, "coffee-weekend")).document == before


def test_a_row_that_was_taken_away_does_not_come_back_with_the_next_post(first: FlaskClient, shop: Shop) -> None:
    first.post("/console/promotions/new", data={**NEW, "start": "empty"})
    effects = [{"kind": "crown.add", "crowns": one} for one in (1, 2)]
    limits = [{"metric": "uses", "per": "member", "period": f"rolling:P{one}D", "value": one} for one in (1, 2)]
    when = {"all": [{"not": {"f": "event.day", "op": "eq", "v": one}} for one in (1, 2)]}
    draft = transact(lambda: promotions.draft(shop.program.id, "coffee-weekend"))
    document = {**draft.document, "effects": effects, "limits": limits, "when": when}
    transact(lambda: promotions.save_draft(shop.program.id, "coffee-weekend", document, actor="tests"))
    page = first.get(EDIT).text

    page = first.post(EDIT, data={**fields(page), "do": "drop:then:0", "drop-kept": "0"}).text
    page = first.post(EDIT, data={**fields(page), "do": "drop:when:0"}).text
    first.post(EDIT, data={**fields(page), "do": "save"})

    found = transact(lambda: promotions.draft(shop.program.id, "coffee-weekend")).document
    assert (found["effects"], found["limits"], found["when"]) == (effects[1:], limits[1:], when["all"][1])


def test_a_wrong_value_is_told_beside_its_field_and_nothing_is_saved(first: FlaskClient, shop: Shop) -> None:
    first.post("/console/promotions/new", data={**NEW, "start": "threshold"})
    page = first.get(EDIT).text

    answer = first.post(EDIT, data={**fields(page), "when-0-v": "a lot", "then-0-value": "", "do": "save"})

    assert answer.status_code == 422
    assert 'id="when-0-v-error"' in answer.text
    assert 'id="then-0-value-error"' in answer.text
    assert "<title>Error: " in answer.text
    assert transact(lambda: promotions.draft(shop.program.id, "coffee-weekend")).no == 1


def test_two_who_write_at_once_do_not_overwrite_each_other(first: FlaskClient, second: FlaskClient) -> None:
    first.post("/console/promotions/new", data=NEW)
    mine, theirs = first.get(EDIT).text, second.get(EDIT).text
    second.post(EDIT, data={**fields(theirs), "name_en": "Theirs", "do": "save"})

    answer = first.post(EDIT, data={**fields(mine), "name_en": "Mine", "do": "save"})

    assert answer.status_code == 422
    assert "Somebody has changed this draft meanwhile" in answer.text


def test_a_text_that_cannot_be_read_is_told_with_its_place(first: FlaskClient) -> None:
    first.post("/console/promotions/new", data=NEW)
    expert = EDIT.replace("edit", "expert")
    page = fields(first.get(expert).text)

    unread = first.post(expert, data={**page, "when": "receipt.total >"})
    unknown = first.post(expert, data={**page, "when": "receipt.totl > 5"})

    assert (unread.status_code, unknown.status_code) == (422, 422)
    assert "Line 1, character 16" in unread.text
    assert "Did you mean receipt.total?" in unknown.text


def seen(browser: FlaskClient) -> str:
    """The hash that the page of the promotion shows to who approves; nothing to who has asked."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', browser.get("/console/promotions/coffee-weekend").text)
    return found[1] if found else ""


def text_of(page: str) -> str:
    """What a reader sees of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def fields(page: str) -> dict[str, Any]:
    """What a browser would send of the page's last-named fields: inputs, chosen options, ticked boxes, texts."""
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        facts = {name: html.unescape(value) for name, value in re.findall(r'([a-z-]+)="([^"]*)"', tag)}
        ticked = facts.get("type") not in ("checkbox", "radio") or " checked" in tag
        if "name" in facts and ticked and facts["name"] not in ("csrf_token", "q"):
            found.setdefault(facts["name"], []).append(facts.get("value", ""))
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', body) or re.findall(r'<option value="([^"]*)"', body)
        found[name] = [html.unescape(chosen[0])]
    for name, body in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        found[name] = [html.unescape(body)]
    return {name: value for name, value in found.items() if name not in ("do", "return_to", "document")}
