"""The catalog and the suppliers' side over HTTP."""

from __future__ import annotations

import datetime as dt
import gzip
import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import pricing, suppliers
from coalition import access, partners, programs
from coalition.kernel import clock, jobs
from coalition.kernel.db import db, fetch_all, fetch_one, transact
from tests.builders import a_partner, a_program
from tests.catalog.builders import a_category, a_file, a_supplier, an_offer, offers_in_stock
from tests.catalog.rewards.builders import PEN, a_shop

SCOPES = ["catalog:read", "feeds:write"]


class World:
    """A program with a supplier that has six things, a client of the supplier's partner, and one of another."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.program = a_program()
        a_category(self.program)
        self.supplier = a_supplier(self.program, "homeline")
        self.ids = offers_in_stock(self.supplier, A1=5, A2=0, A3=1, A4=1, A5=1, A6=1)
        self.feed = suppliers.create_feed(self.supplier.id, "main")
        owner = partners.entity(self.supplier.legal_entity_id).partner_id
        self.ours = self._token(self.program, owner)
        self.theirs = self._token(self.program, a_partner(self.program).id)
        self.elsewhere = self._token(*_another())

    def _token(self, program: programs.Program, partner_id: int) -> str:
        client_id, secret = access.create_client(program.id, partner_id, "till", SCOPES)
        return access.issue_token(client_id, secret, SCOPES).value

    def call(self, method: str, path: str, token: str | None = None, **how: Any) -> Any:
        headers = {"Authorization": f"Bearer {token or self.ours}", **how.pop("headers", {})}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **how)


def _another() -> tuple[programs.Program, int]:
    program = a_program()
    return program, a_partner(program).id


@pytest.fixture
def world(app: Flask) -> World:
    return transact(lambda: World(app.test_client()))


def test_rewards_are_listed_page_by_page_in_order_of_price(world: World) -> None:
    first = world.call("GET", "/catalog/rewards?sort=price&limit=4").json
    second = world.call("GET", f"/catalog/rewards?sort=price&limit=4&cursor={first['next_cursor']}").json

    found = first["items"] + second["items"]
    assert (first["total"], len(found), second["next_cursor"]) == (6, 6, None)
    assert len({item["id"] for item in found}) == 6
    assert found[0]["price"] == {"amount": 1000, "currency": "BON"}
    assert {item["in_stock"] for item in found} == {True, False}


def test_one_reward_is_read_and_another_programs_is_not_found(world: World) -> None:
    reward = world.call("GET", "/catalog/rewards?q=thing").json["items"][0]

    assert world.call("GET", f"/catalog/rewards/{reward['id']}").json == reward
    assert world.call("GET", f"/catalog/rewards/{reward['id']}", world.elsewhere).status_code == 404
    assert world.call("GET", "/catalog/rewards/rew_nonsense").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "sort=worst", "cursor=zzz", "min_points=-1", "affordable=1", "q=" + "x" * 101, "z=1"],
)
def test_a_wrong_question_is_422(world: World, query: str) -> None:
    assert world.call("GET", f"/catalog/rewards?{query}").status_code == 422


def test_what_is_empty_in_a_question_was_left_out(world: World) -> None:
    empty = "q=&category=&supplier=&min_points=&max_points=&affordable=&sort=&member=&limit=&cursor="

    answer = world.call("GET", f"/catalog/rewards?{empty}")

    assert (answer.status_code, answer.json) == (200, world.call("GET", "/catalog/rewards").json)
    assert world.call("GET", "/catalog/rewards?colour=").status_code == 422


def test_a_count_of_stock_is_taken_over_once_it_is_newer(world: World) -> None:
    body = {"snapshot_at": clock.now().isoformat(), "items": [{"sku": "A2", "qty": 7}, {"sku": "NO", "qty": 1}]}

    answer = world.call("PUT", "/suppliers/homeline/stock", json=body)
    old = world.call("PUT", "/suppliers/homeline/stock", json={**body, "snapshot_at": "2026-01-01T00:00:00Z"})

    assert answer.json == {"applied": 1, "outdated": 0, "unknown_skus": ["NO"]}
    assert old.json == {"applied": 0, "outdated": 1, "unknown_skus": ["NO"]}
    assert fetch_one("SELECT on_hand FROM stock WHERE offer_id = :id", {"id": world.ids["A2"]}).on_hand == 7
    (trail,) = fetch_all("SELECT request_id FROM audit WHERE action = 'stock.count'")
    assert trail.request_id == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "change",
    [
        {"snapshot_at": (clock.now() + dt.timedelta(days=1)).isoformat()},
        {"snapshot_at": "yesterday"},
        {"items": []},
        {"items": [{"sku": "A1", "qty": -1}]},
        {"items": [{"sku": "A1", "qty": 1}, {"sku": "A1", "qty": 2}]},
        {"items": [{"sku": "A1", "qty": True}]},
        {"surprise": 1},
    ],
)
def test_a_wrong_count_of_stock_is_422_and_changes_nothing(world: World, change: dict[str, Any]) -> None:
    body = {"snapshot_at": clock.now().isoformat(), "items": [{"sku": "A1", "qty": 9}], **change}

    assert world.call("PUT", "/suppliers/homeline/stock", json=body).status_code == 422
    assert fetch_one("SELECT on_hand FROM stock WHERE offer_id = :id", {"id": world.ids["A1"]}).on_hand == 5


def test_an_uploaded_feed_is_imported_by_a_job_and_can_be_followed(world: World) -> None:
    content = a_file(*(an_offer(f"A{at}", price="20.00") for at in range(1, 12)), an_offer("B1", price="x"))

    sent = world.call("POST", "/suppliers/homeline/feeds/main/runs", data=content, content_type="application/xml")
    jobs.run_due()
    run = world.call("GET", f"/suppliers/homeline/feeds/main/runs/{sent.json['id']}").json

    assert (sent.status_code, sent.json["state"]) == (202, "waiting")
    assert (run["state"], run["rows_read"], run["rows_new"], run["rows_changed"]) == ("applied", 12, 5, 6)
    assert run["issues"] == {"E03": 1}
    assert [(row["line_no"], row["code"], row["value"]) for row in run["rows"]] == [(12, "E03", "x")]
    (trail,) = fetch_all("SELECT request_id FROM audit WHERE action = 'feed.sent'")
    assert trail.request_id == sent.headers["X-Request-Id"]


def test_the_rows_that_could_not_be_used_are_a_file_for_their_supplier_alone(world: World) -> None:
    content = gzip.compress(a_file(*(an_offer(f"A{at}") for at in range(1, 12)), an_offer("=B1", price="x")))
    sent = world.call("POST", "/suppliers/homeline/feeds/main/runs", data=content, content_type="application/gzip")
    jobs.run_due()

    file = world.call("GET", f"/suppliers/homeline/feeds/main/runs/{sent.json['id']}/quarantine")

    assert file.mimetype == "text/csv"
    assert file.text.startswith("\ufeffrow,codes,sku,title,price")
    assert file.text.splitlines()[1].startswith("12,E03,'=B1,Thing =B1,x")
    assert world.call("GET", "/suppliers/homeline/feeds/main/runs/run_zzz/quarantine").status_code == 404


def test_a_dry_run_of_a_form_upload_changes_nothing(world: World) -> None:
    form = {"file": (io.BytesIO(a_file(an_offer("A1", price="20.00"))), "feed.yml")}

    sent = world.call("POST", "/suppliers/homeline/feeds/main/runs?dry_run=true", data=form)
    jobs.run_due()

    run = world.call("GET", f"/suppliers/homeline/feeds/main/runs/{sent.json['id']}").json
    assert (run["state"], run["dry_run"], run["rows_changed"]) == ("previewed", True, 1)
    assert fetch_one("SELECT cost_minor FROM offer WHERE supplier_sku = 'A1'").cost_minor == 1000


def test_the_same_key_sends_a_feed_once(world: World) -> None:
    how = {"data": a_file(an_offer()), "content_type": "application/xml", "headers": {"Idempotency-Key": "k1"}}

    first = world.call("POST", "/suppliers/homeline/feeds/main/runs", **how)
    again = world.call("POST", "/suppliers/homeline/feeds/main/runs", **how)

    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_key_of_a_dry_run_is_not_the_key_of_a_real_one(world: World) -> None:
    how = {"data": a_file(an_offer("N1")), "content_type": "application/xml", "headers": {"Idempotency-Key": "dry"}}
    tried = world.call("POST", "/suppliers/homeline/feeds/main/runs?dry_run=true", **how)

    real = world.call("POST", "/suppliers/homeline/feeds/main/runs", **how)

    assert tried.status_code == 202
    assert (real.status_code, real.json["code"]) == (422, "idempotency_key_reused")


def test_nobody_but_the_suppliers_own_partner_may_act_for_it(world: World) -> None:
    body = {"snapshot_at": clock.now().isoformat(), "items": [{"sku": "A1", "qty": 9}]}
    run = transact(lambda: suppliers.open_run(world.feed.id))

    for token in (world.theirs, world.elsewhere):
        assert world.call("PUT", "/suppliers/homeline/stock", token, json=body).status_code == 404
        path = "/suppliers/homeline/feeds/main/runs"
        assert world.call("POST", path, token, data=b"x", content_type="application/xml").status_code == 404
        assert world.call("GET", f"{path}/run_{run.id:013d}", token).status_code == 404
    assert world.call("POST", "/suppliers/homeline/feeds/other/runs", data=b"x").status_code == 404


def test_a_feed_larger_than_it_may_be_is_refused_unread(world: World) -> None:
    transact(lambda: db.session.execute(db.text("UPDATE feed SET max_bytes = 100 WHERE code = 'main'")))

    sent = world.call("POST", "/suppliers/homeline/feeds/main/runs", data=b"x" * 200, content_type="application/xml")

    assert sent.status_code == 413


def test_a_feed_is_no_json(world: World) -> None:
    assert world.call("POST", "/suppliers/homeline/feeds/main/runs", json={}).status_code == 400


def test_a_member_is_told_its_own_prices_beside_those_for_everybody(world: World) -> None:
    terms = pricing.Terms(name_en="Gold days", name_ru="Золотые дни", effect="percent", value=1000)
    transact(lambda: pricing.create_rule(world.program.id, "sale", terms))
    transact(lambda: pricing.set_cash_policy(world.program.id, pricing.CashPolicy("EUR", points_min_bp=5000)))

    item = world.call("GET", "/catalog/rewards?sort=price").json["items"][0]
    alone = world.call("GET", f"/catalog/rewards/{item['id']}", headers={"Accept-Language": "ru"}).json

    assert (item["price"]["amount"], item["base_price"]["amount"], item["cash_option"]) == (900, 1000, True)
    assert (item["price_reason"], alone["price_reason"]) == ("Gold days", "Золотые дни")
    assert world.call("GET", f"/catalog/rewards/{item['id']}?member=card:nobody").status_code == 422


def test_facets_are_told_when_asked_for_and_their_values_filter(world: World) -> None:
    assert world.call("GET", "/catalog/rewards").json["facets"] is None

    facets = world.call("GET", "/catalog/rewards?facets=1&q=thing").json["facets"]

    assert facets["category"] == [{"value": "home", "label": "Home", "count": 6}]
    assert facets["supplier"] == [{"value": "homeline", "label": "Homeline", "count": 6}]
    assert facets["stock"] == [{"value": "1", "label": "1", "count": 5}]
    assert set(facets) == {"category", "supplier", "brand", "kind", "delivery", "price", "stock"}
    for choice, total in (("delivery=parcel", 6), ("delivery=electronic", 0), ("kind=goods", 6), ("brand=none", 0)):
        assert world.call("GET", f"/catalog/rewards?{choice}").json["total"] == total


def test_every_suppliers_offer_of_a_product_is_told_the_best_first(app: Flask) -> None:
    shop, client = a_shop(), app.test_client()
    shop.supplies("first", an_offer("F1", price="12", barcode=PEN))
    shop.supplies("second", an_offer("S1", price="10", barcode=PEN))

    def token() -> str:
        client_id, secret = access.create_client(shop.program.id, a_partner(shop.program).id, "till", SCOPES)
        return access.issue_token(client_id, secret, SCOPES).value

    headers = {"Authorization": f"Bearer {transact(token)}"}
    reward = client.get("/api/v1/catalog/rewards", headers=headers).json["items"][0]
    offers = client.get(f"/api/v1/catalog/rewards/{reward['id']}/offers", headers=headers).json["items"]

    assert [(one["supplier"], one["price"]["amount"], one["in_stock"]) for one in offers] == [
        ("second", 1000, True),
        ("first", 1200, True),
    ]
    assert client.get("/api/v1/catalog/rewards/rew_000000000zzzz/offers", headers=headers).status_code == 404
