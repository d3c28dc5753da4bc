"""The catalog as people see it, signed in or not."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import rewards
from catalog.rewards import RewardQuery
from coalition import programs
from coalition.kernel import ids
from coalition.kernel.db import execute, transact
from tests.builders import a_program
from tests.catalog.builders import a_category, a_supplier, offers_in_stock


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor of a program with 30 rewards, the only one of the installation."""

    def create() -> None:
        program = a_program()
        a_category(program)
        offers_in_stock(a_supplier(program), **{f"A{at:02d}": at for at in range(30)})

    transact(create)
    return app.test_client()


def test_the_home_page_shows_the_rewards_and_leads_on(client: FlaskClient) -> None:
    page = client.get("/")

    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert text.count("card-reward") == 24
    assert "cursor=" in text
    assert "30 rewards" in text


@pytest.mark.parametrize("language", ["en", "ru"])
def test_filters_and_words_work_in_the_address_alone(client: FlaskClient, language: str) -> None:
    headers = {"Accept-Language": language}

    assert client.get("/?q=nothing-like-this", headers=headers).get_data(as_text=True).count("card-reward") == 0
    for query in ("category=home", "sort=-price", "sort=new&q=thing"):
        assert client.get(f"/?{query}", headers=headers).get_data(as_text=True).count("card-reward") == 24


@pytest.mark.parametrize(
    "query", ["sort=worst", "delivery=drone", "q=%F0%9F%98%80", "supplier=%27", "category=" + "x" * 300]
)
def test_nonsense_in_the_address_is_no_error(client: FlaskClient, query: str) -> None:
    assert client.get(f"/?{query}").status_code == 200


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_reward_has_a_page_and_a_hidden_one_has_none(client: FlaskClient, language: str) -> None:
    program_id = _program_id()
    reward = rewards.search(program_id, RewardQuery(q="A07")).items[0]
    path = f"/rewards/{ids.public('rew', reward.id)}"

    text = client.get(path, headers={"Accept-Language": language}).get_data(as_text=True)
    transact(lambda: execute("UPDATE reward SET state = 'hidden' WHERE id = :id", {"id": reward.id}))

    assert "Thing A07" in text
    assert "500" in text
    assert client.get(path).status_code == 404
    assert client.get("/rewards/rew_nonsense").status_code == 404


def _program_id() -> int:
    return programs.list_programs()[0].id


def test_each_choice_says_how_much_it_would_leave_and_can_be_taken_away(client: FlaskClient) -> None:
    text = client.get("/?in_stock=1&min=500").get_data(as_text=True)

    assert "29 rewards found" in text
    assert 'href="/?in_stock=1"' in text
    assert 'href="/?min=500"' in text
    assert "Clear all filters" in text
    assert "Points from" in text


def test_a_mistyped_question_is_read_as_what_was_meant_and_says_so(client: FlaskClient) -> None:
    transact(lambda: rewards.index(100))

    text = client.get("/?q=thimg").get_data(as_text=True)

    assert "30 rewards found" in text
    assert "showing results for" in text
    assert 'href="/?q=thing"' in text
    assert "showing results for" not in client.get("/?q=thing").get_data(as_text=True)


def test_a_shelf_shows_what_hangs_below_it(client: FlaskClient) -> None:
    program = programs.list_programs()[0]
    top = rewards.category(program.id, "home")
    kitchen = transact(lambda: a_category(program, "kitchen", parent_id=top.id))
    moved = "UPDATE reward SET category_id = :id WHERE id IN (SELECT id FROM reward LIMIT 3)"
    transact(lambda: execute(moved, {"id": kitchen.id}))

    above, below = (client.get(f"/?category={code}").get_data(as_text=True) for code in ("home", "kitchen"))

    assert ("30 rewards found" in above, 'href="/?category=kitchen"' in above) == (True, True)
    assert ("3 rewards found" in below, 'href="/?category=home"' in below) == (True, True)


def test_an_empty_catalog_says_so_and_not_that_nothing_matches(app: Flask) -> None:
    transact(a_program)

    text = app.test_client().get("/").get_data(as_text=True)

    assert ("No rewards yet" in text, "Nothing matches" in text) == (True, False)
