"""Webhook endpoints over HTTP: made, changed, tried, replayed; their secrets shown once; nobody else's are there."""

from __future__ import annotations

from typing import Any

import pytest

from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_all, transact
from coalition.partners import webhooks
from tests.coalition.api.till import Till, a_till
from tests.coalition.partners.webhooks.receiver import Receiver, receiving
from tests.coalition.purchases.builders import a_body, a_shop

URL = "https://hooks.shop.example/coalition"
BODY = {"url": URL, "event_types": ["points.issued", "tier.changed"], "description": "Till"}


@pytest.fixture(scope="module")
def server() -> Any:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def receiver(server: Receiver) -> Receiver:
    server.received.clear()
    server.accept()
    return server


def test_an_endpoint_is_made_read_changed_and_removed(till: Till) -> None:
    made = till.post("/webhook-endpoints", BODY)
    path = f"/webhook-endpoints/{made.json['id']}"

    assert made.status_code == 201
    assert made.json["secret"].startswith("whsec_")
    assert till.get(path).json == {name: value for name, value in made.json.items() if name != "secret"}
    changed = till.patch(path, {"event_types": ["points.redeemed"], "active": False})
    assert (changed.json["event_types"], changed.json["state"]) == (["points.redeemed"], "off")
    assert till.patch(path, {"active": True}).json["state"] == "on"
    assert [one["id"] for one in till.get("/webhook-endpoints").json["items"]] == [made.json["id"]]
    assert till.delete(path).status_code == 204
    assert till.get(path).status_code == till.delete(path).status_code == 404


def test_a_replay_by_idempotency_key_does_not_show_the_secret_again(till: Till) -> None:
    first, again = (till.post("/webhook-endpoints", BODY, Idempotency_Key="one") for _ in range(2))

    assert first.json["secret"]
    assert again.json == {**first.json, "secret": None}
    assert again.headers["Idempotency-Replayed"] == "true"
    stored = fetch_all("SELECT body::text AS body FROM idempotency")
    assert not any(first.json["secret"] in row.body for row in stored)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.shop.example/a",
        "https://hooks.shop.example:8080/a",
        "https://user:secret@hooks.shop.example/a",
        "https://hooks.shop.example/a#b",
        "https://10.0.0.1/a",
        "https://169.254.169.254/latest",
        "https://0x7f000002.example:22/",
        "https://2852039166/",
        "https://0251.0376.0251.0376/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://100.64.0.1/",
        "https://0.0.0.0/hooks",
        "gopher://hooks.shop.example/a",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https:///hooks",
        "https://hooks.shop.example:99999/",
        "https://магазин.example/hooks",
        "https://hooks.shop.example\\@10.0.0.1/",
        "https://hooks.shop.example/ a",
        "short",
        "https://" + "a" * 500 + ".example/",
    ],
)
def test_an_address_that_is_never_called_is_refused(till: Till, url: str) -> None:
    answer = till.post("/webhook-endpoints", {**BODY, "url": url})

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/url"
    assert till.get("/webhook-endpoints").json["items"] == []


def test_unknown_types_fields_and_more_than_ten_endpoints_are_refused(till: Till) -> None:
    unknown = till.post("/webhook-endpoints", {**BODY, "event_types": ["points.issued", "money.printed"]})
    assert unknown.json["errors"][0] == {
        "pointer": "/event_types/1",
        "code": "unknown_event_type",
        "detail": "There is no type 'money.printed'.",
    }
    assert till.post("/webhook-endpoints", {**BODY, "event_types": []}).status_code == 422
    assert till.post("/webhook-endpoints", {**BODY, "partner_id": 1}).status_code == 422

    answers = [till.post("/webhook-endpoints", BODY) for _ in range(webhooks.MOST + 1)]
    assert [one.status_code for one in answers] == [201] * webhooks.MOST + [409]
    assert answers[-1].json["code"] == "too_many_endpoints"


def test_during_a_rotation_both_secrets_verify_and_after_it_only_the_new_one(till: Till, receiver: Receiver) -> None:
    made = till.post("/webhook-endpoints", {**BODY, "url": receiver.url}).json
    path = f"/webhook-endpoints/{made['id']}"
    rotated = till.post(f"{path}/rotate", {"overlap_s": 3600}).json
    till.post(f"{path}/test", {})
    jobs.run_due()
    (one,) = receiver.received
    assert [one.verified_with(secret)["type"] for secret in (made["secret"], rotated["secret"])] == ["webhook.test"] * 2

    final = till.post(f"{path}/rotate", {"overlap_s": 0}).json
    till.post(f"{path}/test", {"event_type": "points.issued"})
    jobs.run_due()

    last = receiver.received[-1]
    assert last.verified_with(final["secret"])["test"] is True
    assert len(last.headers["webhook-signature"].split()) == 1
    assert till.post(f"{path}/rotate", {"overlap_s": 604_801}).status_code == 422


def test_what_was_told_is_listed_shown_and_replayed(till: Till, receiver: Receiver) -> None:
    path = f"/webhook-endpoints/{till.post('/webhook-endpoints', {**BODY, 'url': receiver.url}).json['id']}"
    for number in range(3):
        till.post("/purchases", a_body(1000, external_id=f"W-{number}"))
    jobs.run_due()

    first = till.get(f"{path}/deliveries?limit=2").json
    rest = till.get(f"{path}/deliveries?limit=2&cursor={first['next_cursor']}").json
    shown = till.get(f"/webhook-deliveries/{rest['items'][0]['id']}").json
    assert [one["sequence"] for one in (*first["items"], *rest["items"])] == [3, 2, 1]
    assert (shown["body"], shown["log"][0]["status"]) == (receiver.received[0].body.decode(), 204)
    assert till.get(f"{path}/deliveries?state=dead").json["items"] == []
    assert till.get(f"{path}/deliveries?state=lost").status_code == 422

    assert till.post(f"{path}/replay", {"delivery_id": shown["id"]}).json == {"replayed": 1, "more": False}
    since = {"since": "2026-01-01T00:00:00Z", "all": True}
    assert till.post(f"{path}/replay", since).json == {"replayed": 2, "more": False}
    jobs.run_due()
    ids = [one.headers["webhook-id"] for one in receiver.received]
    assert (len(ids), len(set(ids))) == (6, 3)
    both = {"delivery_id": shown["id"], "since": "2026-01-01T00:00:00Z"}
    assert till.post(f"{path}/replay", both).status_code == 422
    assert till.post(f"{path}/replay", {"delivery_id": "dlv_00000000000zz"}).status_code == 422


def test_a_replay_that_names_nothing_sends_every_dead_letter_again(till: Till, receiver: Receiver) -> None:
    path = f"/webhook-endpoints/{till.post('/webhook-endpoints', {**BODY, 'url': receiver.url}).json['id']}"
    till.post("/purchases", a_body(1000))
    assert till.post(f"{path}/replay").json == {"replayed": 0, "more": False}
    jobs.run_due()
    transact(lambda: execute("UPDATE webhook_delivery SET state = 'dead', reason = 'expired'"))

    again, everything = till.post(f"{path}/replay", {}), till.post(f"{path}/replay", {"all": True})
    jobs.run_due()

    assert (again.status_code, again.json) == (202, {"replayed": 1, "more": False})
    assert (everything.status_code, everything.json["errors"][0]["pointer"]) == (422, "/since")
    assert [one.headers["webhook-id"] for one in receiver.received] == [receiver.received[0].headers["webhook-id"]] * 2


def test_another_partner_s_endpoints_and_deliveries_do_not_exist(till: Till) -> None:
    other = transact(lambda: a_till(a_shop(till.shop.program, card="4276000011112222"), till.client))
    path = f"/webhook-endpoints/{other.post('/webhook-endpoints', BODY).json['id']}"
    delivery = other.post(f"{path}/test", {}).json["delivery_id"]

    gets = [till.get(one).status_code for one in (path, f"{path}/deliveries", f"/webhook-deliveries/{delivery}")]
    posts = [till.post(f"{path}/{deed}", {}).status_code for deed in ("rotate", "test")]
    replay = till.post(f"{path}/replay", {"since": "2026-01-01T00:00:00Z"}).status_code
    writes = [till.patch(path, {"active": False}).status_code, till.delete(path).status_code]

    assert {*gets, *posts, replay, *writes} == {404}
    assert other.get(path).json["state"] == "on"
    own = f"/webhook-endpoints/{till.post('/webhook-endpoints', BODY).json['id']}"
    assert till.post(f"{own}/replay", {"delivery_id": delivery}).status_code == 422
