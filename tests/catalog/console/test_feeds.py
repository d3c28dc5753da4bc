"""Feeds in the catalog's console: made, run by hand, looked at, decided about."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient

from catalog import suppliers
from catalog.jobs.feeds import carry_out
from coalition import access, partners
from coalition.kernel import ids
from coalition.kernel.db import transact
from tests.catalog.builders import a_category, a_file, an_offer
from tests.coalition.purchases.builders import Shop

FEEDS = "/console/catalog/feeds"
NEW = {"supplier": "homegoods", "code": "catalog", "format": "yml"}


@pytest.fixture
def feed(keeper: FlaskClient, shop: Shop, supplier: suppliers.Supplier) -> suppliers.Feed:
    """A feed whose files are sent by hand."""
    transact(lambda: a_category(shop.program))
    assert keeper.post(f"{FEEDS}/new", data=NEW).status_code == 303
    return transact(lambda: suppliers.feed(supplier.id, "catalog"))


def sent(keeper: FlaskClient, content: bytes, **more: str) -> str:
    """Send a file by hand and let its job run; the page of the run."""
    data = {"file": (io.BytesIO(content), "catalog.xml"), **more}
    done = keeper.post(f"{FEEDS}/homegoods/catalog", data=data, content_type="multipart/form-data")
    assert done.status_code == 303, done.text
    carry_out(ids.parse("run", done.location.rsplit("/", 1)[-1].partition("?")[0]))
    return done.location


def test_a_feed_is_added_and_listed(keeper: FlaskClient, feed: suppliers.Feed) -> None:
    text = keeper.get(FEEDS).text

    assert "Homegoods" in text
    assert "YML" in text
    assert "It has not run yet" in keeper.get(f"{FEEDS}/homegoods/catalog").text


@pytest.mark.parametrize(
    ("field", "wrong", "status"),
    [
        ("code", "Not a code", 422),
        ("format", "pdf", 422),
        ("url", "gopher://x", 422),
        ("every_min", "often", 422),
        ("mapping", "nothing", 422),
        ("supplier", "nobody", 404),
    ],
)
def test_a_wrong_answer_makes_no_feed(
    keeper: FlaskClient, supplier: suppliers.Supplier, field: str, wrong: str, status: int
) -> None:
    answer = keeper.post(f"{FEEDS}/new", data=NEW | {field: wrong})

    assert answer.status_code == status
    assert transact(lambda: suppliers.feeds([supplier.id])) == []


def test_a_file_is_sent_by_hand_and_its_run_tells_all(keeper: FlaskClient, feed: suppliers.Feed) -> None:
    page = sent(keeper, a_file(an_offer("A1"), an_offer("A2"), an_offer("A3", price="none")), dry_run="yes")

    text = keeper.get(page).text
    assert "only tried" in text
    assert "Thing A1" in text
    assert "E03" in text
    assert "no price" in text
    rows = keeper.get(page.partition("?")[0] + "/quarantine.csv")
    assert rows.text.startswith("\ufeff")
    assert "A3" in rows.text


def test_a_file_or_an_address_is_needed(keeper: FlaskClient, feed: suppliers.Feed) -> None:
    none = keeper.post(f"{FEEDS}/homegoods/catalog", data={})
    empty = {"file": (io.BytesIO(b""), "catalog.xml")}
    nothing = keeper.post(f"{FEEDS}/homegoods/catalog", data=empty, content_type="multipart/form-data")

    assert none.status_code == nothing.status_code == 422
    assert 'href="#file"' in none.text


def test_no_file_is_sent_for_a_suspended_partner(keeper: FlaskClient, feed: suppliers.Feed) -> None:
    entity = transact(lambda: partners.entity(suppliers.get(feed.supplier_id).legal_entity_id))
    transact(lambda: access.suspend_partner(entity.partner_id, "Does not pay"))

    given = {"file": (io.BytesIO(a_file(an_offer("A1"))), "catalog.xml")}
    refused = keeper.post(f"{FEEDS}/homegoods/catalog", data=given, content_type="multipart/form-data")

    assert refused.status_code == 422
    assert "This partner is suspended" in refused.text
    assert transact(lambda: suppliers.runs(feed.id)) == []


def test_held_removals_wait_for_a_reasoned_decision(keeper: FlaskClient, feed: suppliers.Feed) -> None:
    whole = [an_offer(f"A{number}") for number in range(200)]
    sent(keeper, a_file(*whole))
    page = sent(keeper, a_file(*whole[:130], date="2026-11-21 09:00")).partition("?")[0]

    assert "Waits for your decision" in keeper.get(FEEDS).text
    shown = keeper.get(page).text
    without = keeper.post(f"{page}/approve", data={"reason": " "})
    done = keeper.post(f"{page}/approve", data={"reason": "The range is smaller"})
    again = keeper.post(f"{page}/reject", data={"reason": "Too late"})

    assert "Your decision" in shown
    assert without.status_code == 422
    assert done.status_code == 303
    assert again.status_code == 409
    assert "Waits for your decision" not in keeper.get(FEEDS).text
    assert "The range is smaller" in keeper.get(page).text


def test_a_file_that_a_guard_has_refused_is_taken_if_the_supplier_means_it(
    keeper: FlaskClient, feed: suppliers.Feed
) -> None:
    sent(keeper, a_file(*(an_offer(f"A{number}") for number in range(100))))
    renamed = [an_offer(f"B{number}") for number in range(100)]
    page = sent(keeper, a_file(*renamed, date="2026-11-21 09:00")).partition("?")[0]

    assert "Does the supplier mean it?" in keeper.get(page).text
    assert keeper.post(f"{page}/take", data={"reason": ""}).status_code == 422
    done = keeper.post(f"{page}/take", data={"reason": "New numbers, they called"})
    carry_out(ids.parse("run", done.location.rsplit("/", 1)[-1].partition("?")[0]))

    assert done.status_code == 303
    assert transact(lambda: suppliers.run(suppliers.get_feed(feed.id).last_good_run_id or 0)).rows_new == 100
    assert keeper.post(f"{done.location.partition('?')[0]}/take", data={"reason": "Again"}).status_code == 409


def test_a_jumped_price_waits_and_is_decided(keeper: FlaskClient, feed: suppliers.Feed) -> None:
    offers = [an_offer(f"A{number}") for number in range(30)]
    sent(keeper, a_file(*offers))
    sent(keeper, a_file(an_offer("A0", price="1.00"), *offers[1:], date="2026-11-21 09:00"))

    text = keeper.get("/console/catalog/price-quarantine").text
    release = re.search(r"/price-quarantine/\d+/release", text)
    assert release
    done = keeper.post(f"/console/catalog{release[0]}")
    again = keeper.post(f"/console/catalog{release[0]}")

    assert "€10.00" in text
    assert "€1.00" in text
    assert done.status_code == 303
    assert again.status_code == 409
    assert "No price waits" in keeper.get(done.location).text


def test_what_is_not_there_is_not_found(keeper: FlaskClient, feed: suppliers.Feed) -> None:
    for path in ("/homegoods/nothing", "/nobody/catalog"):
        assert keeper.get(FEEDS + path).status_code == 404
    assert keeper.get("/console/catalog/runs/run_0000000000zzz").status_code == 404
    assert keeper.post("/console/catalog/price-quarantine/99/refuse").status_code == 404


def test_feeds_speak_russian(keeper: FlaskClient, feed: suppliers.Feed) -> None:
    page = sent(keeper, a_file(an_offer("A1")))
    for path in (FEEDS, f"{FEEDS}/new", f"{FEEDS}/homegoods/catalog", page, "/console/catalog/price-quarantine"):
        assert "Фиды" in keeper.get(path, headers={"Accept-Language": "ru"}).text
