"""Returns over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from catalog import orders
from coalition import access
from coalition.kernel import clock, ids, jobs
from coalition.kernel.db import fetch_one, transact
from tests.builders import a_partner
from tests.catalog.api.desk import Desk
from tests.catalog.orders.builders import assert_laws_hold


def a_delivered_order(desk: Desk) -> str:
    order_id: str = desk.order().json["id"]
    jobs.run_due(20)
    row = fetch_one("SELECT client_ref, supplier_sku FROM supplier_order JOIN order_line USING (consignment_id)")
    parcel = {"carrier": "email", "tracking_no": "T1", "lines": [{"sku": row.supplier_sku, "qty": 1}]}
    news = {"type": "parcel.delivered", "client_ref": row.client_ref, "external_id": "X", "parcel": parcel}
    body = {**news, "occurred_at": clock.now().isoformat()}
    desk.call(f"/suppliers/{desk.world.supplier.code}/callbacks", body)
    jobs.run_due(20)
    return order_id


def test_a_return_is_asked_for_once_and_shown_with_its_order(desk: Desk) -> None:
    order_id = a_delivered_order(desk)
    body = {"external_id": "R-1", "lines": [{"line": 1, "qty": 1}], "reason": "damaged", "comment": "A dent"}

    first = desk.post(f"/orders/{order_id}/returns", body)
    again = desk.post(f"/orders/{order_id}/returns", body)
    other = desk.post(f"/orders/{order_id}/returns", {**body, "reason": "other"})
    more = desk.post(f"/orders/{order_id}/returns", {**body, "external_id": "R-2"})

    assert (first.status_code, first.json["state"]) == (201, "requested")
    assert first.json["lines"][0] == {
        "line": 1,
        "qty": 1,
        "reception": "awaiting",
        "received": 0,
        "acceptance": "pending",
        "accepted": 0,
        "points": {"amount": 0, "currency": "BON"},
        "cash": {"amount": 0, "currency": "EUR"},
    }
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert (other.status_code, other.json["code"]) == (409, "external_id_conflict")
    assert (more.status_code, more.json["code"], more.json["left"]) == (409, "return_exceeded", {"1": 0})
    assert desk.get(f"/orders/{order_id}").json["returns"] == [first.json]
    program, asked = desk.world.program.id, ids.parse("rma", first.json["id"])
    transact(lambda: orders.authorize_return(program, asked))
    transact(lambda: orders.receive_return(program, asked, {1: 1}))
    transact(lambda: orders.inspect_return(program, asked))
    transact(lambda: orders.decide_return(program, asked, {1: 1}, "Sorry for the dent"))
    (done,) = desk.get(f"/orders/{order_id}").json["returns"]
    assert (done["state"], done["points"], done["note"]) == (
        "closed",
        {"amount": 1000, "currency": "BON"},
        "Sorry for the dent",
    )
    assert desk.post(f"/orders/{order_id}/returns", body).json == first.json
    assert_laws_hold()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"lines": []}, "/lines"),
        ({"lines": [{"line": 1, "qty": 0}]}, "/lines/0/qty"),
        ({"lines": [{"line": 7, "qty": 1}]}, "/lines"),
        ({"reason": "boredom"}, "/reason"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_a_wrong_return_is_refused_with_a_pointer(desk: Desk, change: dict[str, Any], pointer: str) -> None:
    order_id = a_delivered_order(desk)
    body = {"external_id": "R-1", "lines": [{"line": 1, "qty": 1}], "reason": "damaged", **change}

    answer = desk.post(f"/orders/{order_id}/returns", body)

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_nobody_gives_back_what_another_partner_ordered(desk: Desk) -> None:
    order_id = a_delivered_order(desk)
    other = transact(lambda: a_partner(desk.world.program))
    credentials = transact(lambda: access.create_client(desk.world.program.id, other.id, "App", ["orders:write"]))
    desk.token = transact(lambda: access.issue_token(*credentials, ["orders:write"])).value
    body = {"external_id": "R-1", "lines": [{"line": 1, "qty": 1}], "reason": "damaged"}

    assert desk.post(f"/orders/{order_id}/returns", body).status_code == 404
