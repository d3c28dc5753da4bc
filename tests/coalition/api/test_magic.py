"""Magic values of test mode: each error on demand, waits, failures that pass, and answers that are lost."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, sandbox
from coalition.api import magic
from coalition.api.docs import origins
from coalition.api.error_codes import CODES
from coalition.kernel.db import transact
from tests.coalition.api.till import Till
from tests.coalition.purchases.builders import a_body, a_shop

CARD = sandbox.CARDS[0].number


@pytest.fixture
def tester(app: Flask, client: FlaskClient) -> Till:
    """A till in test mode."""
    shop = a_shop()
    made = transact(lambda: sandbox.switch_on(shop.partner.id))
    assert made is not None
    token = access.issue_token(made[1], made[2], ["purchases:write", "purchases:read", "members:read"]).value
    return Till(shop, client, token)


def _buy(till: Till, external_id: str, **more: Any) -> Any:
    return till.post("/purchases", a_body(external_id=external_id, member={"kind": "card", "value": CARD}, **more))


def test_every_code_of_a_problem_can_be_provoked(tester: Till) -> None:
    for code in CODES:
        refused = _buy(tester, f"magic.{code}.1")

        assert (refused.json["code"], refused.status_code in origins.statuses(code)) == (code, True)
        assert refused.json["retryable"] == ("Retry-After" in refused.headers or refused.status_code == 500)
        assert ("retry_after_s" in refused.json) == ("Retry-After" in refused.headers)
    assert _buy(tester, "magic.too_many_requests").headers["Retry-After"] == "1"


def test_too_few_points_say_how_many_there_are_as_the_real_refusal_does(tester: Till) -> None:
    answer = tester.post("/purchases", a_body(external_id="magic.insufficient_points"))

    assert (answer.status_code, answer.json["code"], answer.json["available"]) == (409, "insufficient_points", 0)


@pytest.mark.parametrize(
    "ask",
    [
        lambda till: till.get("/purchases?external_id=magic.not_found"),
        lambda till: till.get("/purchases/magic.not_found"),
        lambda till: till.post("/members/lookup", {"kind": "card", "value": "magic.not_found"}),
        lambda till: till.post("/purchases", a_body(member={"kind": "card", "value": "magic.not_found"})),
        lambda till: till.post("/purchases", a_body(), Idempotency_Key="magic.not_found"),
    ],
)
def test_a_magic_value_stands_wherever_a_number_stands(tester: Till, ask: Any) -> None:
    assert (ask(tester).status_code, ask(tester).json["code"]) == (404, "not_found")


def test_a_retryable_failure_passes_when_it_was_tried_often_enough(tester: Till) -> None:
    answers = [_buy(tester, "magic.fail_2x.7") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [503, 503, 201, 201]
    assert answers[0].headers["Retry-After"] == "1"
    assert answers[3].headers["Idempotency-Replayed"] == "true"


def test_a_lost_answer_is_there_when_asked_for_again(tester: Till) -> None:
    lost, found = (_buy(tester, "magic.lost_answer.7") for _ in range(2))

    assert (lost.status_code, lost.json["retryable"]) == (503, True)
    assert (found.status_code, found.headers["Idempotency-Replayed"]) == (201, "true")


def test_a_delay_waits_and_then_goes_on(tester: Till) -> None:
    began = time.monotonic()

    answer = _buy(tester, "magic.delay_1s.7")

    assert time.monotonic() - began >= 1
    assert answer.status_code == 201


def test_delays_hold_no_more_than_one_thread(tester: Till) -> None:
    with magic._waiting:
        refused = _buy(tester, "magic.delay_5s.7")

    assert (refused.status_code, refused.json["code"]) == (503, "unavailable")


def test_what_is_no_magic_word_is_refused(tester: Till) -> None:
    refused = _buy(tester, "magic.abracadabra")

    assert (refused.status_code, refused.json["code"]) == (422, "unknown_magic")


def test_for_a_client_that_is_no_test_client_it_is_a_number_like_any(till: Till) -> None:
    answer = till.post("/purchases", a_body(external_id="magic.insufficient_points"))

    assert answer.status_code == 201


def test_a_body_that_cannot_be_read_is_refused_as_ever(tester: Till) -> None:
    headers = {"Authorization": f"Bearer {tester.token}", "Content-Type": "application/json"}
    refused = tester.client.post("/api/v1/purchases", data=b'{"external_id": "magic.not_found"', headers=headers)

    assert (refused.status_code, refused.json["code"]) == (400, "not_json")
