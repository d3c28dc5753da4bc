"""Disputes over HTTP: opened once, commented on, withdrawn by who opened them, and invisible to others."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from settlement import reconciliation
from tests.settlement.builders import Coalition, send
from tests.settlement.reconciliation.builders import a_closed_month, movement_of, statement_of

BODY = {"external_id": "d-1", "evidence": "Our books say otherwise."}


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = a_closed_month()
    for name in ("A", "B"):
        send(statement_of(coalition, name).id)
    return coalition


@pytest.fixture
def mine(coalition: Coalition) -> dict[str, str]:
    return bearer(coalition, "A")


@pytest.fixture
def path(coalition: Coalition) -> str:
    return f"/api/v1/statements/{ids.public('stm', statement_of(coalition, 'A').id)}/disputes"


def bearer(coalition: Coalition, name: str) -> dict[str, str]:
    scopes = ["statements:read", "statements:write"]
    client = transact(lambda: access.create_client(coalition.program.id, coalition.partners[name], "Books", scopes))
    return {"Authorization": f"Bearer {transact(lambda: access.issue_token(*client, scopes)).value}"}


def post(live: Flask, path: str, body: Any, headers: dict[str, str]) -> Any:
    return live.test_client().post(path, json=body, headers=headers)


def test_a_movement_is_disputed_once_and_talked_about(
    live: Flask, coalition: Coalition, mine: dict[str, str], path: str
) -> None:
    body = {**BODY, "movement": movement_of(coalition, "A"), "reason": "rate"}

    first, again = post(live, path, body, mine), post(live, path, body, mine)

    assert (first.status_code, again.headers["Idempotency-Replayed"], first.json) == (201, "true", again.json)
    assert first.json["amount"] == {"amount": 5445, "currency": "EUR"}
    assert (first.json["document"], first.json["state"], first.json["in_favour_of"]) == (1, "open", "partner")
    own = f"/api/v1/disputes/{first.json['id']}"
    said = post(live, f"{own}/comments", {"text": "Here are the slips."}, mine)
    (trail,) = transact(lambda: fetch_all("SELECT request_id FROM audit WHERE action = 'dispute.comment'"))
    assert (said.status_code, trail.request_id) == (201, said.headers["X-Request-Id"])
    read = live.test_client().get(own, headers=mine).json
    assert [(one["side"], one["text"]) for one in read["comments"]] == [("partner", "Here are the slips.")]
    listed = live.test_client().get("/api/v1/disputes?state=open", headers=mine).json["items"]
    assert [one["id"] for one in listed] == [first.json["id"]]
    assert live.test_client().get(path, headers=mine).json["items"] == listed


def test_a_document_is_disputed_by_its_place_and_withdrawn(live: Flask, mine: dict[str, str], path: str) -> None:
    made = post(live, path, {**BODY, "document": 1, "amount": 100}, mine).json

    answer = post(live, f"/api/v1/disputes/{made['id']}/withdraw", {"text": "We were wrong."}, mine)
    twice = post(live, f"/api/v1/disputes/{made['id']}/withdraw", {"text": "We were wrong."}, mine)

    assert (answer.status_code, answer.json["state"], answer.json["decision"]) == (200, "withdrawn", "We were wrong.")
    assert (twice.status_code, twice.json["code"]) == (409, "dispute_closed")


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"evidence": ""}, 422, "invalid"),
    ({"amount": 0}, 422, "invalid"),
    ({"amount": 10**12}, 409, "dispute_exceeds_line"),
    ({"document": 99}, 404, "not_found"),
    ({"movement": "e0.0"}, 404, "not_found"),
    ({"reason": "mood"}, 422, "invalid"),
    ({"surprise": 1}, 422, "invalid"),
]


def test_a_dispute_that_cannot_be_is_refused_and_nothing_is_opened(
    live: Flask, coalition: Coalition, mine: dict[str, str], path: str
) -> None:
    answers = [post(live, path, {**BODY, **change}, mine) for change, _, _ in REFUSED]

    told = [(answer.status_code, answer.json["code"]) for answer in answers]
    assert told == [(status, code) for _, status, code in REFUSED]
    assert not transact(lambda: reconciliation.list_disputes(coalition.program.id, None, 10)).items


def test_nobody_disputes_or_sees_what_is_anothers(
    live: Flask, coalition: Coalition, mine: dict[str, str], path: str
) -> None:
    made = post(live, path, BODY, mine).json
    other = bearer(coalition, "B")

    assert post(live, path, {**BODY, "external_id": "d-2"}, other).status_code == 404
    assert post(live, f"/api/v1/disputes/{made['id']}/comments", {"text": "x"}, other).status_code == 404
    assert live.test_client().get(f"/api/v1/disputes/{made['id']}", headers=other).status_code == 404
    assert live.test_client().get("/api/v1/disputes", headers=other).json["items"] == []
