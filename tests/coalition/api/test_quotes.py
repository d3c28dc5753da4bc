"""POST /quotes on the wire: what a purchase would come to, and the purchase that names the quote."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from coalition import promotions
from tests.coalition.api.till import a_till
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import a_body, a_shop


def test_a_till_asks_for_a_quote_and_closes_it(app: Flask, client: FlaskClient) -> None:
    shop = a_shop()
    big = a_document("big", a_credit("fixed", points=99), when={"f": "receipt.total", "op": "gte", "v": 5000})
    off = a_document("off", {"kind": "discount", "calc": {"type": "percent", "bp": 1000}})
    promotions.publish(shop.program.id, [big, off], actor=ACTOR)
    till, body = a_till(shop, client), a_body(1000)

    quoted = till.post("/quotes?language=ru", body)
    closed = till.post("/purchases", {**body, "quote_id": quoted.json["id"]})
    explained = till.get(f"/purchases/{closed.json['id']}/explain")

    assert quoted.status_code == 201
    discount = {"promotion": "off", "version": 1, "amount": 100, "lines": {"1": 100}}
    assert quoted.json["discounts"] == closed.json["discounts"] == [discount]
    assert [(one["promotion"], one["units"]) for one in quoted.json["awards"]] == [("base", 4)]
    assert [(one["promotion"], one["facts"]["missing_by"]) for one in quoted.json["near_misses"]] == [("big", 4000)]
    assert quoted.json["near_misses"][0]["reason"].startswith("Купите ещё на 40,00\u00a0EUR и получите 99 (")
    assert {one["promotion"]: one["outcome"] for one in explained.json["promotions"]} == {
        "big": "rejected",
        "off": "applied",
    }


def test_a_quote_that_there_is_not_is_refused_by_its_code(app: Flask, client: FlaskClient) -> None:
    till = a_till(a_shop(), client)

    answers = [
        till.post("/purchases", {**a_body(1000), "quote_id": text}) for text in ("nonsense", "pqt_000000000000c")
    ]

    assert [(one.status_code, one.json["code"]) for one in answers] == [(422, "unknown_quote")] * 2
