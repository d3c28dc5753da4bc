"""Marketers answer what partners propose: taken up as a draft, or declined for a reason, once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import promotions
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.promotions import proposals
from tests.coalition.console.conftest import signed_in
from tests.coalition.promotions.proposals.builders import a_wish
from tests.coalition.promotions.publishing.builders import a_document
from tests.coalition.purchases.builders import Shop, a_shop
from tests.screens import agreeing

HOME = "/console/promotions/proposals"


@pytest.fixture
def waits(shop: Shop) -> int:
    """The number of a proposal that waits."""
    return propose(shop)


def propose(shop: Shop, **more: Any) -> int:
    return transact(lambda: proposals.propose(shop.program.id, shop.partner.id, a_wish(**more)))


def address(number: int, answer: str = "") -> str:
    return f"{HOME}/{ids.public('prp', number)}" + (f"/{answer}" if answer else "")


def state(shop: Shop, number: int) -> str:
    return transact(lambda: proposals.get(number, program_id=shop.program.id)).state


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_waits_is_counted_and_shown(first: FlaskClient, waits: int, language: str) -> None:
    first.set_cookie("language", language)
    words = {"en": "1 proposal of a partner waits for an answer", "ru": "1 предложение партнёра ждёт ответа"}

    assert words[language] in first.get("/console/promotions").text
    assert address(waits) in first.get(HOME).text
    assert "Double points on coffee" in first.get(address(waits)).text


def test_a_proposal_is_taken_up_and_the_builder_opens_with_it(first: FlaskClient, shop: Shop, waits: int) -> None:
    answer = first.post(address(waits, "take"), data={"code": "coffee-weeks"})

    assert answer.status_code == 303
    builder = first.get(answer.headers["Location"])
    assert all(
        words in builder.text for words in ("Coffee weeks", "2099-01-01", "2099-01-31", "Double points on coffee")
    )
    assert state(shop, waits) == "taken"
    assert "proposal of a partner waits" not in first.get("/console/promotions").text
    assert address(waits) not in first.get(HOME).text
    assert address(waits) in first.get(f"{HOME}?state=taken").text
    assert address(waits, "take") not in first.get(address(waits)).text


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("", 422, "1 to 60 letters"),
        ("no code", 422, "1 to 60 letters"),
        ("five", 409, "There is one of this code already"),
    ],
)
def test_a_code_that_cannot_be_is_refused_beside_its_field(
    first: FlaskClient, shop: Shop, waits: int, code: str, status: int, words: str
) -> None:
    transact(lambda: promotions.publish(shop.program.id, [a_document("five")], actor="user:1"))

    answer = first.post(address(waits, "take"), data={"code": code})

    assert answer.status_code == status
    assert 'href="#code"' in answer.text and words in answer.text
    assert state(shop, waits) == "waiting"


def test_a_proposal_is_declined_with_a_reason_alone(first: FlaskClient, shop: Shop, waits: int) -> None:
    silent = first.post(address(waits, "decline"), data={"reason": " "})
    told = first.post(address(waits, "decline"), data={"reason": "Too dear"})

    assert silent.status_code == 422 and 'href="#reason"' in silent.text
    assert (told.status_code, state(shop, waits)) == (303, "declined")
    assert "Too dear" in first.get(address(waits)).text


def test_who_answers_second_is_refused(first: FlaskClient, second: FlaskClient, shop: Shop, waits: int) -> None:
    first.post(address(waits, "decline"), data={"reason": "Too dear"})

    late = second.post(address(waits, "take"), data={"code": "coffee-weeks"})

    assert late.status_code == 409 and "This proposal was answered already" in late.text
    assert state(shop, waits) == "declined"


def test_a_proposal_of_another_program_is_not_there(first: FlaskClient, shop: Shop, waits: int) -> None:
    other = transact(lambda: a_shop(code="other"))
    program = f"?program={other.program.code}"

    assert first.get(address(waits) + program).status_code == 404
    assert first.post(address(waits, "decline") + program, data={"reason": "Not ours"}).status_code == 404
    assert address(waits) not in first.get(HOME + program).text
    assert state(shop, waits) == "waiting"


def test_others_of_the_staff_answer_nothing(app: Flask, shop: Shop, waits: int) -> None:
    support = signed_in(app, "support@coral.test", "support")

    assert support.get(HOME).status_code == 403
    assert support.post(address(waits, "decline"), data={"reason": "Too dear"}).status_code == 403
    assert state(shop, waits) == "waiting"


def test_the_list_leaves_as_a_file(app: Flask, first: FlaskClient, shop: Shop, waits: int) -> None:
    propose(shop, name="=Tea weeks", budget_minor=125_050, pays=True)

    assert agreeing(app, first, "marketing.proposals_of_partners") == 2
