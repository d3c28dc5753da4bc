"""Rules of personal prices in the catalog's console: made, revised, stopped; wrong answers change nothing."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from catalog import pricing, suppliers
from coalition.kernel.db import transact
from tests.coalition.purchases.builders import Shop

RULES = "/console/catalog/prices"
GOOD = {
    "code": "gold-weekend",
    "name_en": "Gold weekend",
    "name_ru": "Золотые выходные",
    "effect": "percent",
    "value": "12,5",
    "scope": "all",
    "segment": "tier:gold",
    "floor": "10",
    "priority": "100",
    "points_budget": "5 000",
}


def test_an_empty_list_says_what_a_rule_would_do(keeper: FlaskClient, shop: Shop) -> None:
    assert "Everybody pays the base price" in keeper.get(RULES).text


def test_a_rule_is_made_shown_and_revised(keeper: FlaskClient, shop: Shop) -> None:
    made = keeper.post(f"{RULES}/new", data=GOOD)
    shown = keeper.get(made.location).text
    revised = keeper.post(f"{RULES}/gold-weekend", data=GOOD | {"value": "20"})

    assert made.status_code == revised.status_code == 303
    assert "The rule holds from now on" in shown
    assert 'value="12.5"' in shown
    found = transact(lambda: pricing.rule(shop.program.id, "gold-weekend"))
    assert (found.version, found.terms.value, found.terms.segment) == (2, 2_000, "tier:gold")
    assert (found.terms.floor_points, found.terms.points_budget) == (10, 5_000)
    listed = keeper.get(RULES).text
    assert "Gold weekend" in listed
    assert "tier gold" in listed
    assert "20.00" in listed


def test_a_rule_for_a_supplier_names_it(keeper: FlaskClient, supplier: suppliers.Supplier, shop: Shop) -> None:
    keeper.post(f"{RULES}/new", data=GOOD | {"scope": "supplier", "about": "homegoods"})

    assert transact(lambda: pricing.rule(shop.program.id, "gold-weekend")).terms.scope_id == supplier.id
    assert 'value="homegoods"' in keeper.get(f"{RULES}/gold-weekend").text
    assert "Homegoods" in keeper.get(RULES).text


def test_a_rule_is_stopped_and_works_again(keeper: FlaskClient, shop: Shop) -> None:
    keeper.post(f"{RULES}/new", data=GOOD)

    keeper.post(f"{RULES}/gold-weekend/stop")
    stopped = transact(lambda: pricing.rule(shop.program.id, "gold-weekend")).state
    none, one = keeper.get(f"{RULES}?state=active").text, keeper.get(f"{RULES}?state=stopped").text
    keeper.post(f"{RULES}/gold-weekend/resume")

    assert stopped == "stopped"
    assert "No such rule" in none
    assert "Gold weekend" in one
    assert transact(lambda: pricing.rule(shop.program.id, "gold-weekend")).state == "active"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name_ru", ""),
        ("value", "half"),
        ("value", "101"),
        ("segment", "friends"),
        ("floor", "-1"),
        ("valid_to", "soon"),
        ("valid_to", "2020-01-01"),
        ("points_budget", "all"),
        ("code", "Gold!"),
    ],
)
def test_a_wrong_answer_is_named_beside_its_field_and_makes_no_rule(
    keeper: FlaskClient, shop: Shop, field: str, wrong: str
) -> None:
    answer = keeper.post(f"{RULES}/new", data=GOOD | {field: wrong})

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert transact(lambda: pricing.list_rules(shop.program.id)) == []


def test_a_scope_without_its_target_is_asked_for(keeper: FlaskClient, shop: Shop) -> None:
    for scope in ("category", "supplier", "reward"):
        answer = keeper.post(f"{RULES}/new", data=GOOD | {"scope": scope, "about": "nothing"})
        assert answer.status_code == 422
        assert 'href="#about"' in answer.text


def test_a_code_is_used_once(keeper: FlaskClient, shop: Shop) -> None:
    keeper.post(f"{RULES}/new", data=GOOD)
    again = keeper.post(f"{RULES}/new", data=GOOD)

    assert again.status_code == 409
    assert "There is one of this code already" in again.text


def test_an_unknown_rule_is_not_found(keeper: FlaskClient, shop: Shop) -> None:
    assert keeper.get(f"{RULES}/nothing").status_code == 404
    assert keeper.post(f"{RULES}/nothing", data=GOOD).status_code == 404
    assert keeper.post(f"{RULES}/nothing/stop").status_code == 404


def test_rules_speak_russian(keeper: FlaskClient, shop: Shop) -> None:
    keeper.post(f"{RULES}/new", data=GOOD)

    assert "Золотые выходные" in keeper.get(RULES, headers={"Accept-Language": "ru"}).text
