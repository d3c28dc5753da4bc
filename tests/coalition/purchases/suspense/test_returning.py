"""Returns of purchases that wait for their member: they wait with them, and go the way that these go."""

from __future__ import annotations

from typing import Any

from coalition import purchases
from coalition.kernel import jobs
from coalition.kernel.db import fetch_one, transact
from tests.coalition.api.till import Till
from tests.coalition.purchases.builders import a_body
from tests.coalition.purchases.suspense.builders import STRANGER, counts, enrol, public, send, sound, waiting


def back(of: str, external_id: str, **more: Any) -> dict[str, Any]:
    """A line of a registry by which something of a purchase comes back."""
    slip = {"type": "return", "external_id": external_id, "occurred_at": "2026-11-21T09:30:00Z"}
    return {**slip, "purchase_external_id": of, "lines": [{"no": 1, "qty_m": 400}], **more}


def test_what_comes_back_of_a_waiting_purchase_waits_with_it_and_is_taken_back_when_it_is_posted(till: Till) -> None:
    first, second, third = (a_body(1000, member=STRANGER) for _ in range(3))
    void = {"type": "void", "external_id": "V-1", "purchase_external_id": second["external_id"]}
    lines = [back(first["external_id"], "T-1"), first, second, void, third, back("nowhere", "T-9")]
    registry, again = send(till, *lines), send(till, *lines)
    assert (counts(till, registry), counts(till, again)) == ((6, 0, 0, 1, 5, 0), (6, 0, 5, 1, 0, 0))
    assert sound()

    member = enrol(till.shop)
    jobs.run_due()

    assert counts(till, registry) == (6, 5, 0, 1, 0, 15)
    assert counts(till, send(till, *lines)) == (6, 0, 5, 1, 0, 0)
    assert till.get(f"/members/{public(member)}/balances").json["items"][0]["available"] == 3 + 5
    assert fetch_one("SELECT count(*) AS n FROM suspended_return").n == 0
    assert sound()


def test_a_bank_s_reversal_waits_with_its_transaction(till: Till) -> None:
    token = {"kind": "bank_card_token", "value": "tok-77"}
    paid = {"type": "bank.transaction", "external_id": "B-1", "occurred_at": "2026-11-20T09:30:00Z", "mcc": "5411"}
    paid |= {"member": token, "amount": 20_000, "currency": "EUR", "on_unknown_member": "hold"}
    back = {"type": "bank.reversed", "external_id": "B-1-R", "occurred_at": "2026-11-21T09:30:00Z", "original": "B-1"}
    held = till.post("/events", paid)
    waits, again = (till.post("/events", {**back, "amount": 5_000}) for _ in range(2))
    other = till.post("/events", {**back, "amount": 5_001})

    till.post(f"/members/{public(till.shop.member)}/identifiers", token)
    jobs.run_due()

    assert (held.status_code, waits.status_code, waits.json) == (202, 202, {**held.json, "external_id": "B-1-R"})
    assert (again.json, again.headers["Idempotency-Replayed"]) == (waits.json, "true")
    assert (other.status_code, other.json["code"]) == (409, "external_id_conflict")
    assert till.shop.available() == 75
    posted = till.post("/events", {**back, "amount": 5_000})
    assert (posted.status_code, posted.headers["Idempotency-Replayed"]) == (201, "true")
    assert sound()


def test_a_return_that_cannot_be_when_its_purchase_is_posted_becomes_a_rejection(till: Till) -> None:
    body = a_body(1000, member=STRANGER)
    registry = send(till, body, back(body["external_id"], "T-1"), back(body["external_id"], "T-2", lines=[{"no": 7}]))

    enrol(till.shop)
    jobs.run_due()

    found = till.get(f"/registries/{registry}/rejections").json["items"]
    assert counts(till, registry) == (3, 2, 0, 1, 0, 5)
    assert [(one["line"], one["code"], one["field"]) for one in found] == [(3, "unknown_line", "/lines/0/no")]
    assert sound()


def test_what_comes_back_of_a_purchase_is_given_up_with_it(till: Till) -> None:
    body = a_body(1000, member=STRANGER)
    first, second = send(till, body), send(till, back(body["external_id"], "T-1"))

    (one,) = waiting(till.shop)
    transact(lambda: purchases.dismiss_suspended(till.shop.program.id, one.id, "A test card"))

    assert (counts(till, first), counts(till, second)) == ((1, 0, 0, 1, 0, 0), (1, 0, 0, 1, 0, 0))
    found = till.get(f"/registries/{second}/rejections").json["items"]
    assert [(item["line"], item["code"], item["detail"]) for item in found] == [(1, "dismissed", "A test card")]
    assert sound()
