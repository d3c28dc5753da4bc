"""Corrections of points: in bounds at once, above them by two people, never twice, and only what was shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import programs
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop, a_receipt

GOODWILL = {"direction": "add", "currency": "BON", "reason_code": "goodwill", "note": "A long wait at the till"}


@pytest.fixture
def second(app: Flask, shop: Shop) -> FlaskClient:
    """A browser of a second person of the support."""
    return signed_in(app, "second@coral.test", "support")


def form_key(client: FlaskClient, page: str) -> str:
    found = re.search(r'name="key" value="([0-9a-f]{32})"', client.get(page).text)
    assert found
    return found.group(1)


def correct(client: FlaskClient, anna: str, **more: str) -> Any:
    page = f"{anna}/adjust"
    return client.post(page, data={**GOODWILL, "key": form_key(client, page), **more})


def test_a_small_correction_is_made_at_once(support: FlaskClient, shop: Shop, anna: str) -> None:
    answer = correct(support, anna, amount="1 250")
    page = support.get(answer.location).text

    assert (answer.status_code, shop.available()) == (303, 1250)
    assert "The points are corrected" in page
    assert "Correction" in page
    assert "Goodwill · “A long wait at the till”" in page
    assert "support@coral.test" in page


def test_points_can_be_taken_but_not_more_than_there_are(support: FlaskClient, shop: Shop, anna: str) -> None:
    transact(lambda: shop.record(a_receipt(100_000)))

    taken = correct(support, anna, amount="200", direction="take")
    too_much = correct(support, anna, amount="2000", direction="take")

    assert (taken.status_code, too_much.status_code) == (303, 409)
    assert "does not have so many points" in too_much.text
    assert 'value="2000"' in too_much.text
    assert shop.available() == 300


def test_the_same_form_sent_twice_corrects_once(support: FlaskClient, shop: Shop, anna: str) -> None:
    key = form_key(support, f"{anna}/adjust")

    answers = [correct(support, anna, amount="500", key=key).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert shop.available() == 500


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": ""}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "1.5"}, "amount"),
        ({"amount": "9" * 30}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e999999999"}, "amount"),
        ({"amount": "5", "note": " "}, "note"),
        ({"amount": "5", "note": "paid by 4111 1111 1111 1111"}, "note"),
        ({"amount": "5", "reason_code": "whim"}, "reason_code"),
        ({"amount": "5", "currency": "XXX"}, "currency"),
        ({"amount": "5", "direction": "away"}, "direction"),
    ],
)
def test_a_wrong_correction_is_refused_beside_its_field(
    support: FlaskClient, shop: Shop, anna: str, wrong: dict[str, str], field: str
) -> None:
    answer = correct(support, anna, **wrong)

    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}"' in answer.text
    assert shop.available() == 0


def test_a_large_correction_waits_for_a_second_person(
    support: FlaskClient, second: FlaskClient, shop: Shop, anna: str
) -> None:
    asked = correct(support, anna, amount="50000")
    waiting = support.get(asked.location).text
    mine = approve(support, asked.location)
    before = shop.available()
    theirs = approve(second, asked.location)

    assert "it waits for a second one" in waiting
    assert "You asked for this yourself" in waiting
    assert mine.status_code == 403
    assert "somebody else has to approve" in mine.text
    assert before == 0
    assert (theirs.status_code, shop.available()) == (303, 50_000)
    assert "second@coral.test" in second.get(theirs.location).text
    assert approve(second, asked.location).status_code == 303  # again changes nothing
    assert shop.available() == 50_000


def test_a_request_can_be_refused_with_a_reason_only(
    support: FlaskClient, second: FlaskClient, shop: Shop, anna: str
) -> None:
    asked = correct(support, anna, amount="50000").location.split("?")[0]

    without = second.post(f"{asked}/reject", data={"rejection": ""})
    refused = second.post(f"{asked}/reject", data={"rejection": "Ask the shop first"})
    too_late = approve(second, asked)

    assert without.status_code == 422
    assert 'href="#rejection"' in without.text
    assert refused.status_code == 303
    assert too_late.status_code == 409
    assert shop.available() == 0
    assert "Ask the shop first" in second.get(asked).text


def test_what_was_not_shown_is_not_approved(support: FlaskClient, second: FlaskClient, shop: Shop, anna: str) -> None:
    asked = correct(support, anna, amount="50000").location.split("?")[0]

    assert second.post(f"{asked}/approve", data={"seen": "0" * 64}).status_code == 409
    assert second.post(f"{asked}/approve", data={}).status_code == 409
    assert shop.available() == 0


def test_the_lists_show_what_waits_and_what_is_over(
    support: FlaskClient, second: FlaskClient, shop: Shop, anna: str
) -> None:
    nothing = support.get("/console/approvals").text
    asked = correct(support, anna, amount="50000").location
    waiting = support.get("/console/approvals").text
    approve(second, asked)

    assert "Nothing waits" in nothing
    assert "+50,000" in waiting
    assert "A long wait" not in support.get("/console/approvals").text
    assert "A long wait" in support.get("/console/approvals?state=closed").text


def test_a_correction_is_undone_from_the_timeline_once(support: FlaskClient, shop: Shop, anna: str) -> None:
    correct(support, anna, amount="700")
    link = re.search(r'href="([^"]+/reverse)"', support.get(f"{anna}/timeline").text)
    assert link
    page = link.group(1)
    form = {"reason_code": "error", "note": "The wrong member"}

    shown = support.get(page)
    unsaid = support.post(page, data={"key": form_key(support, page), "reason_code": "", "note": ""})
    done = support.post(page, data={**form, "key": form_key(support, page)})
    again = support.post(page, data={**form, "key": form_key(support, page)})

    assert "+700" in shown.text
    assert unsaid.status_code == 422
    assert 'href="#note"' in unsaid.text
    assert (done.status_code, shop.available()) == (303, 0)
    assert again.status_code == 409
    assert "undone before" in again.text


def test_what_is_undone_elsewhere_has_no_such_page(support: FlaskClient, shop: Shop, anna: str) -> None:
    transact(lambda: shop.record(a_receipt(100_000)))

    [row] = transact(lambda: fetch_all("SELECT account_id, id FROM entry WHERE kind = 1"))
    assert support.get(f"{anna}/movements/{ids.public('mov', row.account_id, row.id)}/reverse").status_code == 404
    assert "/reverse" not in support.get(f"{anna}/timeline").text


def test_the_form_says_where_two_people_are_needed(support: FlaskClient, shop: Shop, anna: str) -> None:
    transact(lambda: programs.change(shop.program.id, adjustment_limit=1234))

    assert "1,234" in support.get(f"{anna}/adjust").text


@pytest.mark.parametrize("path", ["adjust", "timeline"])
def test_the_pages_speak_russian(support: FlaskClient, anna: str, path: str) -> None:
    assert "Исправить баллы" in support.get(f"{anna}/{path}", headers={"Accept-Language": "ru"}).text


def approve(client: FlaskClient, address: str) -> Any:
    """Press the button as the page shows it; where it shows none, as somebody would who forges it."""
    page = address.split("?")[0]
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', client.get(page).text)
    return client.post(f"{page}/approve", data={"seen": seen.group(1) if seen else ""})
