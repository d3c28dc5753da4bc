"""The change feed over HTTP: everything once and in order behind a cursor, one's own alone, as long as is promised."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from coalition import access
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.web.paging import encode_cursor
from coalition.partners import webhooks
from tests.builders import a_partner
from tests.coalition.api.till import Till
from tests.coalition.partners.webhooks.receiver import receiving
from tests.coalition.purchases.builders import a_body

OLD = "UPDATE change SET recorded_at = recorded_at - interval '31 days' WHERE number <= :upto"


@pytest.fixture
def begun(till: Till) -> str:
    """The cursor with which a new feed begins, after everything that has happened before."""
    jobs.run_due()
    answer = till.get("/changes")
    assert (answer.status_code, answer.json["items"], answer.json["has_more"]) == (200, [], False)
    return str(answer.json["next_cursor"])


def _buy(till: Till, *numbers: str) -> None:
    for number in numbers:
        till.post("/purchases", a_body(1000, external_id=number))
    jobs.run_due()


def _ask(till: Till, cursor: str, **query: Any) -> Any:
    return till.get("/changes?" + "&".join(f"{name}={value}" for name, value in {"cursor": cursor, **query}.items()))


def _numbers(answer: Any) -> list[str]:
    return [one["data"]["external_id"] for one in answer.json["items"]]


def test_what_happens_is_asked_for_page_by_page_and_the_last_cursor_leads_on(till: Till, begun: str) -> None:
    _buy(till, "C-1", "C-2", "C-3")

    first = _ask(till, begun, limit=2)
    rest = _ask(till, first.json["next_cursor"])
    nothing = _ask(till, rest.json["next_cursor"])
    _buy(till, "C-4")
    later = _ask(till, nothing.json["next_cursor"])

    assert [_numbers(one) for one in (first, rest, nothing, later)] == [["C-1", "C-2"], ["C-3"], [], ["C-4"]]
    assert [one.json["has_more"] for one in (first, rest, nothing, later)] == [True, False, False, False]
    assert [one["sequence"] for one in (*first.json["items"], *rest.json["items"])] == [1, 2, 3]
    assert _numbers(_ask(till, begun)) == ["C-1", "C-2", "C-3", "C-4"]
    assert _numbers(till.get("/changes")) == ["C-1", "C-2", "C-3", "C-4"]


def test_it_says_word_for_word_what_a_webhook_says_and_under_the_same_id(till: Till, begun: str) -> None:
    with receiving() as receiver:
        till.post("/webhook-endpoints", {"url": receiver.url, "event_types": ["points.issued"]})
        _buy(till, "C-1")
        (sent,) = receiver.received

    (told,) = _ask(till, begun).json["items"]

    assert told == sent.json
    known = webhooks.event_type("points.issued")
    assert known is not None
    Draft202012Validator(webhooks.envelope(known.schema)).validate(told)


def test_a_trial_of_an_endpoint_is_no_change(till: Till, begun: str) -> None:
    with receiving() as receiver:
        path = till.post("/webhook-endpoints", {"url": receiver.url, "event_types": ["points.issued"]}).json["id"]
        till.post(f"/webhook-endpoints/{path}/test", {"event_type": "points.issued"})
        jobs.run_due()

    assert _ask(till, begun).json["items"] == []


def test_only_the_types_that_are_named_and_the_cursor_is_past_the_others(till: Till, begun: str) -> None:
    _buy(till, "C-1")
    member = till.post("/members", {"external_id": "A-1", "profile": {"first_name": "Anna"}}).json["id"]
    _buy(till, "C-2")

    chosen = _ask(till, begun, types="member.enrolled,tier.changed")
    after = _ask(till, chosen.json["next_cursor"])

    assert [(one["type"], one["about"]) for one in chosen.json["items"]] == [("member.enrolled", member)]
    assert after.json["items"] == []
    refused = _ask(till, begun, types="member.enrolled,money.printed")
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "unknown_event_type")


def test_of_few_among_many_a_request_looks_at_a_part_and_says_that_there_is_more(
    till: Till, begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coalition.partners.webhooks.asking._WINDOW", 2)
    _buy(till, "C-1", "C-2", "C-3")
    till.post("/members", {"external_id": "A-1"})
    jobs.run_due()

    part = _ask(till, begun, types="member.enrolled")
    rest = _ask(till, part.json["next_cursor"], types="member.enrolled")

    assert (part.json["items"], part.json["has_more"]) == ([], True)
    assert [one["type"] for one in rest.json["items"]] == ["member.enrolled"]


def test_a_partner_is_shown_its_own_alone_and_no_cursor_of_another_opens_anything(
    till: Till, begun: str, app: Flask
) -> None:
    other = transact(lambda: a_partner(till.shop.program))
    client = access.create_client(till.shop.program.id, other.id, "Other", access.SCOPES)
    theirs = Till(till.shop, till.client, access.issue_token(*client, access.SCOPES).value)
    theirs.get("/changes")
    _buy(till, "C-1")

    assert theirs.get("/changes").json["items"] == []
    assert _ask(theirs, begun).json["code"] == "cursor_expired"
    assert _numbers(_ask(till, begun)) == ["C-1"]


def test_without_the_scope_nothing_is_told(till: Till) -> None:
    scopes = access.SCOPES.keys() - {"webhooks:write"}
    client = access.create_client(till.shop.program.id, till.shop.partner.id, "Narrow", sorted(scopes))
    narrow = Till(till.shop, till.client, access.issue_token(*client, scopes).value)

    assert narrow.get("/changes").json["code"] == "insufficient_scope"


def test_behind_what_has_been_forgotten_one_begins_anew(till: Till, begun: str) -> None:
    _buy(till, "C-1", "C-2", "C-3")
    second = _ask(till, begun, limit=2).json["next_cursor"]
    transact(lambda: execute(OLD, {"upto": 2}))
    transact(lambda: execute("UPDATE webhook_event SET created_at = created_at - interval '31 days'"))
    while transact(lambda: webhooks.forget(1)):
        pass

    gone = _ask(till, begun)

    assert (gone.status_code, gone.json["code"], gone.json["retryable"]) == (410, "cursor_expired", False)
    assert _numbers(_ask(till, second)) == ["C-3"]
    assert _numbers(till.get("/changes")) == ["C-3"]


def test_a_cursor_at_the_end_stays_good_though_everything_before_it_is_forgotten(till: Till, begun: str) -> None:
    _buy(till, "C-1")
    end = _ask(till, begun).json["next_cursor"]
    transact(lambda: execute(OLD, {"upto": 9}))
    transact(lambda: webhooks.forget(100))
    _buy(till, "C-2")

    assert _numbers(_ask(till, end)) == ["C-2"]
    assert _ask(till, begun).status_code == 410


def test_a_feed_that_nobody_reads_is_closed_and_costs_nothing_until_somebody_comes_again(
    till: Till, begun: str
) -> None:
    transact(lambda: execute("UPDATE change_feed SET read_at = now() - interval '30 days'"))
    _ask(till, begun)
    transact(lambda: webhooks.forget(100))
    assert _ask(till, begun).status_code == 200  # somebody was there

    _buy(till, "C-0", "C-00")
    transact(lambda: execute("UPDATE change_feed SET read_at = now() - interval '32 days'"))
    while transact(lambda: webhooks.forget(1)):
        pass
    transact(lambda: execute("DELETE FROM webhook_event"))
    _buy(till, "C-1")

    assert fetch_all("SELECT FROM webhook_event") == []
    assert _ask(till, begun).status_code == 410
    anew = till.get("/changes").json["next_cursor"]
    _buy(till, "C-2")
    assert _numbers(_ask(till, anew)) == ["C-2"]
    assert _ask(till, begun).status_code == 410


def test_a_cursor_ahead_of_the_feed_is_not_taken_for_its_end(till: Till, begun: str) -> None:
    (feed,) = fetch_all("SELECT id FROM change_feed")

    assert _ask(till, encode_cursor(feed.id, 1, 0)).json["code"] == "cursor_expired"
    assert _ask(till, encode_cursor(feed.id, -1, 0)).json["code"] == "cursor_expired"
    assert _ask(till, encode_cursor(feed.id)).json["errors"][0]["code"] == "bad_cursor"


def test_a_cursor_of_before_a_backup_was_restored_is_not_taken_for_a_place_that_was_given_anew(
    till: Till, begun: str
) -> None:
    _buy(till, "C-1", "C-2", "C-3")
    first, third = _ask(till, begun, limit=1).json["next_cursor"], _ask(till, begun).json["next_cursor"]
    transact(lambda: execute("DELETE FROM change WHERE number > 1"))
    transact(lambda: execute("UPDATE change_feed SET last_number = 1"))
    _buy(till, "C-4", "C-5", "C-6")

    assert _ask(till, third).json["code"] == "cursor_expired"
    assert _numbers(_ask(till, first)) == ["C-4", "C-5", "C-6"]


def test_a_parameter_that_is_said_twice_is_refused_and_its_second_value_not_passed_over(till: Till, begun: str) -> None:
    refused = till.get(f"/changes?cursor={begun}&types=member.enrolled&types=points.issued")

    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "duplicate")
    assert refused.json["errors"][0]["pointer"] == "/types"
    assert till.get(f"/changes?limit=&limit=1&cursor={begun}").status_code == 200


def test_a_refused_request_opens_no_feed(app: Flask, till: Till) -> None:
    assert till.get("/changes?types=nothing").status_code == 422
    assert till.get("/changes?limit=0").status_code == 422
    assert till.get(f"/changes?cursor={encode_cursor(1, 0, 0)}").status_code == 410
    assert fetch_all("SELECT FROM change_feed") == []
