"""Killing the product while it works: nothing is lost, nothing is doubled, and it heals by itself within a minute."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from typing import Any

import httpx
import pytest

from tests.journeys.running import Partner, Running, eventually

pytestmark = pytest.mark.processes
DEMO_OPTIONS = ("--shopping", "none")
LINES = 4_000
CARD = "9843000000004417"


def test_a_registry_survives_the_death_of_worker_and_web(running: Running) -> None:
    partner = running.partner()
    before = _available(partner)
    registry = _send_registry(partner, "K")

    eventually(lambda: _registry(partner, registry)["accepted"] > 0)
    running.kill("worker")
    running.kill("web")
    done = eventually(lambda: _finished(partner, registry))

    assert (done["lines"], done["accepted"], done["rejected"]) == (LINES, LINES, 0)
    assert done["points_issued"] == LINES * 2
    assert _available(partner) == before + LINES * 2
    assert running.verify() == {}


def test_the_same_registry_twice_posts_nothing_twice(running: Running) -> None:
    partner = running.partner()
    before = _available(partner)

    registry = _send_registry(partner, "K")
    done = eventually(lambda: _finished(partner, registry))

    assert (done["replayed"], done["accepted"]) == (LINES, 0)
    assert _available(partner) == before


def test_a_purchase_whose_answer_was_lost_is_found_again(running: Running) -> None:
    partner = running.partner()
    before = _available(partner)
    running.kill("web")

    first = eventually(lambda: _answered(partner, _purchase(partner, "lost")))
    again = partner.post("/purchases", _purchase(partner, "lost"))

    assert again.json()["id"] == first["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert _available(partner) == before + 2


def test_losing_valkey_with_its_data_delays_and_loses_nothing(running: Running) -> None:
    partner = running.partner()
    before = _available(partner)
    shutil.rmtree(running.var / "servers" / "valkey")
    running.kill("valkey")

    registry = _send_registry(partner, "V")
    started = time.monotonic()
    done = eventually(lambda: _finished(partner, registry), 60)

    assert done["accepted"] == LINES
    assert time.monotonic() - started < 60
    assert _available(partner) == before + LINES * 2
    ready = eventually(lambda: _ready(running))
    assert ready["status"] == "ready", ready
    assert running.verify() == {}


def test_postgres_dying_in_the_middle_costs_an_answer_at_most(running: Running) -> None:
    partner = running.partner()
    before = _available(partner)
    registry = _send_registry(partner, "P")
    eventually(lambda: _registry(partner, registry)["accepted"] > 0)
    running.kill("postgres")

    done = eventually(lambda: _finished(partner, registry), 120)

    assert done["accepted"] == LINES
    assert _available(partner) == before + LINES * 2
    assert running.verify() == {}


def _purchase(partner: Partner, external_id: str) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "occurred_at": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}T00:00:00Z",
        "outlet": partner.facts["outlet"],
        "member": {"kind": "card", "value": CARD},
        "currency": "EUR",
        "lines": [{"no": 1, "sku": "A", "qty_m": 1000, "price": 100, "amount": 100}],
    }


def _send_registry(partner: Partner, series: str) -> str:
    lines = (json.dumps(_purchase(partner, f"{series}-{number}")) for number in range(LINES))
    body = "\n".join(lines).encode()
    headers = {"Content-Type": "application/x-ndjson"}
    answer = eventually(lambda: _accepted(partner.http.post("/api/v1/registries", content=body, headers=headers)))
    return str(answer["id"])


def _accepted(answer: httpx.Response) -> dict[str, Any] | None:
    return dict(answer.json()) if answer.status_code == 202 else None


def _answered(partner: Partner, body: dict[str, Any]) -> dict[str, Any] | None:
    answer = partner.post("/purchases", body)
    return dict(answer.json()) if answer.status_code == 201 else None


def _registry(partner: Partner, registry: str) -> dict[str, Any]:
    answer = partner.get(f"/registries/{registry}")
    return dict(answer.json()) if answer.status_code == 200 else {"accepted": 0, "state": "unknown"}


def _finished(partner: Partner, registry: str) -> dict[str, Any] | None:
    found = _registry(partner, registry)
    return found if found["state"] == "finished" else None


def _available(partner: Partner) -> int:
    member = eventually(lambda: _answer_id(partner))
    items = partner.get(f"/members/{member}/balances").json()["items"]
    return int(items[0]["available"]) if items else 0


def _answer_id(partner: Partner) -> str | None:
    answer = partner.post("/members/lookup", {"kind": "card", "value": CARD})
    return str(answer.json()["id"]) if answer.status_code == 200 else None


def _ready(running: Running) -> dict[str, Any] | None:
    answer = httpx.get(f"{running.base_url}/readyz")
    return dict(answer.json()) if answer.status_code == 200 and answer.json()["status"] == "ready" else None
