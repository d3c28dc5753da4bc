"""A partner sees the promotions that concern it, and proposes others; another partner's proposals do not exist."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import promotions
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.promotions import proposals
from coalition.promotions.proposals import Proposal
from tests.coalition.portal.conftest import Sign
from tests.coalition.promotions.proposals.builders import a_wish
from tests.coalition.promotions.publishing.builders import a_document
from tests.coalition.purchases.builders import Shop
from tests.screens import agreeing

HOME = "/portal/promotions"
KEY = "0" * 32


def form(**more: str) -> dict[str, Any]:
    given = {"name": "Coffee weeks", "words": "Double points on coffee", "begins_on": "2099-01-01"}
    return {**given, "ends_on": "2099-01-31", "budget": "", "key": KEY, **more}


def kept(shop: Shop) -> list[Proposal]:
    return transact(lambda: proposals.listed(shop.program.id, partner_id=shop.partner.id)).items


def proposed(shop: Shop, **more: Any) -> int:
    return transact(lambda: proposals.propose(shop.program.id, shop.partner.id, a_wish(**more)))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_promotions_in_force_are_told_in_the_marketers_words(
    reader: FlaskClient, shop: Shop, language: str
) -> None:
    dates = {"from": "2026-01-01T00:00:00Z", "to": "2098-12-31T22:00:00Z"}
    document = a_document("five", **dates, sponsor={"partner": "freshmart"})
    transact(lambda: promotions.publish(shop.program.id, [document], actor="user:1"))
    reader.set_cookie("language", language)

    page = reader.get(HOME).text

    said = {
        "en": ("Five percent", "you pay for it", "31 Dec 2098"),
        "ru": ("Пять процентов", "платите вы", "31 дек. 2098"),
    }
    assert all(words in page for words in said[language]), said[language]


def test_who_manages_proposes_and_the_form_sent_twice_proposes_once(manager: FlaskClient, shop: Shop) -> None:
    filled = form(budget="1 250,50", pays="yes")
    sent, again = manager.post(f"{HOME}/new", data=filled), manager.post(f"{HOME}/new", data=filled)

    [one] = kept(shop)
    address = f"{HOME}/{ids.public('prp', one.id)}?said=proposed"
    assert [answer.headers["Location"] for answer in (sent, again)] == [address] * 2
    assert (one.name, one.budget_minor, one.pays) == ("Coffee weeks", 125_050, True)
    assert "Coffee weeks" in manager.get(HOME).text
    assert "€1,250.50" in manager.get(address).text


def test_words_in_many_lines_are_kept_to_their_end(manager: FlaskClient, shop: Shop) -> None:
    words = "\n".join(["x" * 99] * 20)  # as long as the field lets it be; browsers send two signs for an end of line

    manager.post(f"{HOME}/new", data=form(words=words.replace("\n", "\r\n")))

    assert [one.words for one in kept(shop)] == [words]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"words": " "}, "words"),
        ({"begins_on": ""}, "begins_on"),
        ({"begins_on": "20990101"}, "begins_on"),
        ({"ends_on": "2099-02-30"}, "ends_on"),
        ({"ends_on": "2098-12-31"}, "ends_on"),
        ({"begins_on": "2020-01-01", "ends_on": "2020-01-02"}, "ends_on"),
        ({"budget": "much"}, "budget"),
        ({"budget": "0"}, "budget"),
        ({"budget": "-5"}, "budget"),
    ],
)
def test_what_cannot_be_proposed_is_refused_beside_its_field(
    manager: FlaskClient, shop: Shop, wrong: dict[str, str], field: str
) -> None:
    answer = manager.post(f"{HOME}/new", data=form(**wrong))

    assert answer.status_code == 422 and f'href="#{field}"' in answer.text
    assert "Double points on coffee" in answer.text or field == "words"
    assert kept(shop) == []


def test_what_was_answered_is_read(reader: FlaskClient, shop: Shop) -> None:
    taken, declined = proposed(shop, name="Tea weeks"), proposed(shop)
    transact(lambda: proposals.take_up(shop.program.id, taken, "tea-weeks"))
    transact(lambda: proposals.decline(shop.program.id, declined, "Too dear"))

    page = reader.get(HOME).text

    assert all(words in page for words in ("taken up", "tea-weeks", "declined", "Too dear"))
    assert "Too dear" in reader.get(f"{HOME}/{ids.public('prp', declined)}").text


def test_another_partner_s_proposals_do_not_exist(reader: FlaskClient, shop: Shop, twin: Shop) -> None:
    theirs = proposed(twin, name="Secret weeks")

    assert reader.get(f"{HOME}/{ids.public('prp', theirs)}").status_code == 404
    assert "Secret weeks" not in reader.get(HOME).text
    assert reader.get(f"{HOME}/prp_x").status_code == 404


def test_who_may_only_read_proposes_nothing(reader: FlaskClient, shop: Shop) -> None:
    assert reader.get(HOME).status_code == 200
    assert f"{HOME}/new" not in reader.get(HOME).text
    assert reader.get(f"{HOME}/new").status_code == 403
    assert reader.post(f"{HOME}/new", data=form()).status_code == 403
    assert kept(shop) == []


def test_the_list_leaves_as_a_file(app: Flask, sign_in: Sign, shop: Shop) -> None:
    proposed(shop, budget_minor=125_050, pays=True)
    dear = proposed(shop)
    transact(lambda: proposals.decline(shop.program.id, dear, "=Too dear"))

    assert agreeing(app, sign_in(shop.partner, "partner"), "portal.promotions_here") == 2
