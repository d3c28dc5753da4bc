"""Holds of a program that limits what is spent, and that wants to see the member's one-time code."""

from __future__ import annotations

from typing import Any

import pytest

from coalition import members, programs
from coalition.kernel.db import transact
from tests.coalition.api.till import Till
from tests.coalition.purchases.builders import CARD, a_body


@pytest.fixture
def rich(till: Till) -> Till:
    """A till whose member has 500 points."""
    till.post("/purchases", a_body(100_000))
    return till


@pytest.mark.parametrize(
    ("policies", "amount", "more", "code", "allowed"),
    [
        ({"spend_min": 100}, 99, {}, "limit_min", 100),
        ({"spend_step": 50}, 120, {}, "limit_step", 100),
        ({"spend_day_max": 250}, 251, {}, "limit_day", 250),
        ({"spend_share_bp": 3000}, 301, {"receipt": {"total": 1000}}, "limit_share", 300),
    ],
)
def test_a_hold_beyond_a_limit_is_refused_and_one_at_it_is_made(
    rich: Till, policies: dict[str, int], amount: int, more: dict[str, Any], code: str, allowed: int
) -> None:
    transact(lambda: programs.change_currency(rich.shop.currency.id, **policies))

    refused = rich.post("/holds", _request(amount, **more))
    made = rich.post("/holds", _request(allowed, **more))

    assert (refused.status_code, refused.json["code"]) == (409, code)
    assert allowed in (refused.json["limit"], refused.json.get("available"))
    assert [error["pointer"] for error in refused.json["errors"]] == ["/points/amount"]
    assert made.status_code == 201


def test_the_days_limit_is_shared_by_holds_and_comes_back_with_a_release(rich: Till) -> None:
    transact(lambda: programs.change_currency(rich.shop.currency.id, spend_day_max=300))
    first = rich.post("/holds", _request(200)).json["id"]

    refused = rich.post("/holds", _request(101, external_id="H-2"))
    rich.post(f"/holds/{first}/release", {"external_id": "X"})

    assert (refused.json["code"], refused.json["available"]) == ("limit_day", 100)
    assert rich.post("/holds", _request(300, external_id="H-3")).status_code == 201


def test_where_the_program_wants_it_a_hold_uses_up_a_proof_and_its_replay_needs_no_new_one(rich: Till) -> None:
    transact(lambda: programs.change(rich.shop.program.id, proof_policy="spend"))
    proof = transact(lambda: members.prove(rich.shop.program.id, rich.shop.member.id)).code

    without = rich.post("/holds", _request(10))
    made = rich.post("/holds", _request(10, proof=proof))
    again = rich.post("/holds", _request(10))
    used = rich.post("/holds", _request(10, proof=proof, external_id="H-2"))

    assert (without.status_code, without.json["code"]) == (422, "proof_required")
    assert made.status_code == 201
    assert (again.headers["Idempotency-Replayed"], again.json) == ("true", made.json)
    assert (used.status_code, used.json["code"]) == (409, "proof_used")


def _request(amount: int, **more: Any) -> dict[str, Any]:
    member = {"kind": "card", "value": CARD}
    points = {"amount": amount, "currency": "BON"}
    return {"external_id": "H-1", "member": member, "points": points, "ttl_s": 60, **more}
