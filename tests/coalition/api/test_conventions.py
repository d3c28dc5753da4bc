"""What holds of every address alike: lists come in pages, requests have ids, a key in flight is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel.config import Config
from tests.coalition.api.till import Till
from tests.coalition.purchases.builders import CARD, a_body


def _lists(document: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Every list of the API: its address and the names of its query's parameters."""
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        answer = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        ref = answer.get("application/json", {}).get("schema", {}).get("$ref", "")
        if "next_cursor" in schemas.get(ref.rsplit("/", 1)[-1], {}).get("properties", {}):
            yield path, {one["name"] for one in operations["get"].get("parameters", ()) if one["in"] == "query"}


def test_every_list_takes_a_limit_and_a_cursor(client: FlaskClient) -> None:
    lists = dict(_lists(client.get("/api/v1/openapi.json").json or {}))

    assert len(lists) > 15
    assert [path for path, taken in lists.items() if not {"limit", "cursor"} <= taken] == []


def test_a_list_of_one_and_a_list_of_wallets_are_paged_too(till: Till) -> None:
    member = till.post("/members/lookup", {"kind": "card", "value": CARD}).json["id"]

    for path in ("/purchases?external_id=R-0&", f"/members/{member}/balances?"):
        assert till.get(f"{path}limit=1").json == {"items": [], "next_cursor": None}
        assert till.get(f"{path}limit=201").json["errors"][0]["pointer"] == "/limit"


@pytest.mark.parametrize("given", ["7", "till-3", "A1b2_c.3", "00-4bf92f3577b34da6a3ce929d0e0e4736-01", "k" * 128])
def test_a_request_id_is_taken_and_comes_back(client: FlaskClient, given: str) -> None:
    answer = client.get("/api/v1/members/mbr_1", headers={"X-Request-Id": given})

    assert answer.headers["X-Request-Id"] == given == (answer.json or {})["request_id"]


@pytest.mark.parametrize("given", ["", "a b", "-dash", "anna@example.com", "<b>", "k" * 129])
def test_what_cannot_be_a_request_id_is_replaced_by_one_of_ours(client: FlaskClient, given: str) -> None:
    answer = client.get("/api/v1/members/mbr_1", headers={"X-Request-Id": given})

    assert answer.headers["X-Request-Id"].startswith("req_")
    assert answer.headers["X-Request-Id"] == (answer.json or {})["request_id"]


def test_a_key_whose_first_request_still_runs_is_to_be_tried_again(till: Till, base_config: Config) -> None:
    def look() -> Any:
        return till.post("/members/lookup", {"kind": "card", "value": CARD}, Idempotency_Key="busy")

    client = access.authenticate(till.token).id
    with psycopg.connect(base_config.owner_url.replace("+psycopg", "")) as running:
        running.execute("INSERT INTO idempotency (client_id, key, request_hash) VALUES (%s, 'busy', '')", (client,))
        busy = look()
        running.rollback()

    assert (busy.status_code, busy.json["code"]) == (409, "idempotency_key_in_flight")
    assert (busy.json["retryable"], int(busy.headers["Retry-After"]) > 0) == (True, True)
    assert look().status_code == 200


def test_what_was_answered_under_a_key_is_said_again_to_the_byte(till: Till) -> None:
    body = a_body(899, 455)

    first, again = (till.post("/purchases", body, Idempotency_Key="seven") for _ in range(2))

    assert (first.status_code, again.status_code, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert again.data == first.data
