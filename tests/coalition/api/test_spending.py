"""Donations and exchanges over HTTP: what they answer, what they refuse, and that a key works once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from coalition import members, partners, programs, wallets
from coalition.kernel import ids, jobs
from coalition.kernel.db import transact
from tests.builders import a_partner
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import CARD, a_body, a_shop
from tests.coalition.wallets.builders import SECRET, FakeProgram, bind


@pytest.fixture
def rich(till: Till) -> Till:
    """A till whose member has 500 BON, in a program with a charity and a foreign program (2 BON are 1 mile)."""
    assert till.post("/purchases", a_body(100_000)).status_code == 201
    transact(lambda: _friends(till))
    return till


def _friends(till: Till) -> None:
    shop = till.shop
    a_partner(shop.program, "greenfund", kind="charity")
    airline = partners.entities_of(a_partner(shop.program, "northmiles", kind="airline").id)[0]
    wallets.partner_with(
        shop.program.id,
        "northmiles",
        "NorthMiles",
        legal_entity_id=airline.id,
        currency_id=shop.currency.id,
        rate=Decimal("0.5"),
        base_url="http://northmiles.example",
        secret=SECRET,
    )


WAYS = {
    "/donations": {"charity": "greenfund"},
    "/exchanges": {"program": "northmiles", "account": "NM1234567"},
}
PATHS = sorted(WAYS)


def a_wish(path: str, amount: int = 300, **more: Any) -> dict[str, Any]:
    """A body for this path."""
    member, points = {"kind": "card", "value": CARD}, {"amount": amount, "currency": "BON"}
    return {"external_id": "X-1", "member": member, "points": points, **WAYS[path], **more}


def _available(till: Till) -> int:
    return till.shop.available()


def test_a_donation_is_answered_with_what_was_given(rich: Till) -> None:
    answer = rich.post("/donations", a_wish("/donations"))

    assert answer.status_code == 201
    told = {name: answer.json[name] for name in ("external_id", "points", "charity")}
    assert told == {"external_id": "X-1", "points": {"amount": 300, "currency": "BON"}, "charity": "greenfund"}
    assert answer.json["id"].startswith("don_")
    assert _available(rich) == 200


def test_an_exchange_is_requested_confirmed_and_read(rich: Till) -> None:
    bind(FakeProgram())
    made = rich.post("/exchanges", a_wish("/exchanges"))
    assert (made.status_code, made.json["state"], made.json["foreign_amount"]) == (201, "requested", 150)
    assert made.json["rate"] == "0.5"

    jobs.run_due(20)

    read = rich.get(f"/exchanges/{made.json['id']}")
    assert (read.status_code, read.json["state"]) == (200, "confirmed")
    assert read.json["foreign_reference"]
    assert _available(rich) == 200


@pytest.mark.parametrize("path", PATHS)
def test_the_same_again_is_a_replay_and_another_body_a_conflict(rich: Till, path: str) -> None:
    first = rich.post(path, a_wish(path))

    again = rich.post(path, a_wish(path))
    other = rich.post(path, a_wish(path, 299))

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert (other.status_code, other.json["code"]) == (409, "external_id_conflict")
    assert _available(rich) == 200


@pytest.mark.parametrize("path", PATHS)
def test_too_few_points_is_a_conflict_that_says_how_many_there_are(rich: Till, path: str) -> None:
    answer = rich.post(path, a_wish(path, 502))

    assert (answer.status_code, answer.json["code"], answer.json["available"]) == (409, "insufficient_points", 500)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"points": {"amount": 0, "currency": "BON"}}, "/points/amount"),
        ({"points": {"amount": 10, "currency": "MIL"}}, "/points/currency"),
        ({"member": {"kind": "card", "value": "1"}}, "/member"),
        ({"member": None}, "/member"),
        ({"proof": "123456"}, "/proof"),
        ({"charity": "nobody", "program": "nowhere"}, ""),
    ],
)
def test_what_is_wrong_is_named_by_its_pointer(rich: Till, path: str, change: dict[str, Any], pointer: str) -> None:
    own = {name: value for name, value in change.items() if name in a_wish(path) or name == "proof"}

    answer = rich.post(path, a_wish(path, **own))

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer or f"/{next(iter(own))}"]
    assert _available(rich) == 500


def test_another_partner_neither_sees_nor_reverses_the_exchange(rich: Till) -> None:
    made = rich.post("/exchanges", a_wish("/exchanges")).json["id"]
    other = transact(lambda: a_till(a_shop(rich.shop.program, card="77"), rich.client))

    assert other.get(f"/exchanges/{made}").status_code == 404
    assert other.post(f"/exchanges/{made}/reverse", {"external_id": "R"}).status_code == 404
    assert rich.get(f"/exchanges/{ids.public('exc', 10**9)}").status_code == 404


def test_only_what_is_confirmed_is_reversed(rich: Till) -> None:
    made = rich.post("/exchanges", a_wish("/exchanges")).json["id"]

    answer = rich.post(f"/exchanges/{made}/reverse", {"external_id": "R-1"})

    assert (answer.status_code, answer.json["code"], answer.json["state"]) == (409, "not_reversible", "requested")


@pytest.mark.parametrize("path", PATHS)
def test_where_the_program_demands_it_points_are_spent_with_a_proof_once(rich: Till, path: str) -> None:
    program = rich.shop.program
    transact(lambda: programs.change(program.id, proof_policy="spend"))
    proof = transact(lambda: members.prove(program.id, rich.shop.member.id)).code

    without = rich.post(path, a_wish(path))
    first = rich.post(path, a_wish(path, 100, proof=proof))
    again = rich.post(path, a_wish(path, 100, proof=proof))
    other = rich.post(path, a_wish(path, 100, proof=proof, external_id="X-2"))

    assert (without.status_code, without.json["code"]) == (422, "proof_required")
    assert (first.status_code, again.headers.get("Idempotency-Replayed")) == (201, "true")
    assert (other.status_code, other.json["code"]) == (409, "proof_used")
    assert _available(rich) == 400


@pytest.mark.parametrize("path", PATHS)
def test_spending_needs_its_scope(rich: Till, path: str) -> None:
    assert rich.client.post(f"/api/v1{path}", json=a_wish(path)).status_code == 401
