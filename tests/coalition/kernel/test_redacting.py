"""No log line, job, event or answer to a mistake holds a mail address, a telephone, a card, a token or a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import pytest
from flask import Flask

from coalition.kernel import jobs, logs, outbox, redacting
from coalition.kernel.db import execute, fetch_all, transact
from tests.coalition.purchases.builders import Shop, a_shop

CANARIES = {
    "email": "canary.bird@mine.example",
    "phone": "+37129998877",
    "card": "4276380012345675",
    "token": "token_c4n4ryC4N4RYc4n4ryC4N4RY0123456789",
    "secret": "c4n4ry-S3cr3t-0123456789",
}


@contextmanager
def written() -> Iterator[io.StringIO]:
    """What the log's lines are meanwhile, ours and those of libraries."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logs.formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with redirect_stderr(lines):
            yield lines
    finally:
        root.removeHandler(handler)


@pytest.mark.parametrize(
    "text",
    [
        "mail to canary.bird@mine.example failed",
        "call +371 2999 88 77 or +37129998877",
        "card 4276 3800 1234 5675, 4276380012345675",
        "Authorization: Bearer token_c4n4ryC4N4RYc4n4ryC4N4RY0123456789",
        "client_secret=c4n4ry-S3cr3t-0123456789&x=1",
        "{'password': 'c4n4ry-S3cr3t-0123456789'}",
        "postgresql://coalition:c4n4ry-S3cr3t-0123456789@db/coalition",
        "GET /reset/c4n4ryC4N4RYc4n4ryC4N4RYc4n4ryC4N4RY0123456",
    ],
)
def test_what_may_not_be_written_is_not(text: str) -> None:
    told = redacting.redacted(text)

    assert not any(part in told for part in ("canary", "c4n4ry", "29998877", "2999 88", "42763800", "4276 3800"))
    assert "<" in told


@pytest.mark.parametrize(
    "text",
    [
        "job 88 took 12.5 ms",
        "req_20261126064300_e17b058f777f",
        "2026-11-26T06:43:00.267505Z",
        "/console/members/mbr_7k2",
    ],
)
def test_what_helps_stays(text: str) -> None:
    assert redacting.redacted(text) == text


def test_a_hash_is_the_same_for_the_same_and_depends_on_the_key() -> None:
    redacting.use_key("one")
    first, again = redacting.redacted("a@b.example"), redacting.redacted("to a@b.example")
    redacting.use_key("two")
    other = redacting.redacted("a@b.example")

    assert again.endswith(first)
    assert other != first


def test_planted_canaries_come_out_nowhere(app: Flask) -> None:
    shop = transact(lambda: a_shop(code="freshmart"))
    with written() as lines:
        answers = _ask_for_trouble(app, shop)
        transact(lambda: jobs.enqueue("canaries.sing", {}))
        transact(lambda: outbox.publish("canary.sung", {"member_id": shop.member.id}, key="1"))
        jobs.run_due()

    rows = transact(lambda: fetch_all("SELECT payload::text AS told FROM outbox UNION ALL SELECT error FROM job"))
    places = [lines.getvalue(), *answers, *(row.told or "" for row in rows)]
    assert "RuntimeError" in places[0]
    assert all(json.loads(line) for line in lines.getvalue().splitlines())
    assert len(answers) == 7
    for name, canary in CANARIES.items():
        assert [line for place in places for line in place.splitlines() if canary in line] == [], name


@jobs.handles("canaries.sing")
def _sing(task: jobs.Task) -> None:
    logging.getLogger("somebody.else").warning("asked %s with %s", CANARIES["email"], CANARIES["token"])
    logs.logger("ours").info("seen", phone=CANARIES["phone"], headers={"Authorization": CANARIES["secret"]})
    transact(lambda: execute("SELECT 1 WHERE CAST(:card AS text) <> ''", {"card": CANARIES["card"]}))
    raise RuntimeError(f"no answer from {CANARIES['email']} for card {CANARIES['card']}, secret={CANARIES['secret']}")


def _ask_for_trouble(app: Flask, shop: Shop) -> list[str]:
    """The bodies of answers to requests that hold canaries and go wrong."""
    client = app.test_client()
    bearer = {"Authorization": f"Bearer {CANARIES['token']}"}
    person = {"email": CANARIES["email"], "phone": CANARIES["phone"]}
    asked = [
        client.post("/api/v1/members", json={"external_id": "1", "profile": person}, headers=bearer),
        client.post("/api/v1/members/lookup", json={"kind": "card", "value": CANARIES["card"]}, headers=bearer),
        client.post("/oauth/token", data={"grant_type": "client_credentials", "client_secret": CANARIES["secret"]}),
        client.post("/oauth/revoke", data={"token": CANARIES["token"]}),
        client.get(f"/api/v1/members/{CANARIES['card']}", headers=bearer),
        client.post(f"/nowhere/{CANARIES['email']}"),
        client.post("/api/v1/purchases", data=f"{{{CANARIES['card']}", content_type="application/json", headers=bearer),
    ]
    client.post(
        "/login", data={"email": CANARIES["email"], "password": CANARIES["secret"]}
    )  # it shows the address again
    return [answer.text for answer in asked]
