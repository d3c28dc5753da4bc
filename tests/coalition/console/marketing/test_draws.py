"""A draw is held by two marketers; its winners are shown with what proves that nobody chose them."""

from __future__ import annotations

import csv
import hashlib
import io
import re

from flask.testing import FlaskClient

from coalition import promotions
from coalition.kernel.db import transact
from coalition.promotions import holdings
from coalition.promotions.holdings import Entry
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import Shop, a_receipt

DRAW = "/console/draws/car"


def a_draw(shop: Shop) -> None:
    """A member with three tickets of the draw `car`."""
    tickets = {"kind": "draw.enter", "draw": "car", "tickets": 3}
    transact(lambda: promotions.publish(shop.program.id, [a_document("car", tickets)], actor=ACTOR))
    transact(lambda: shop.record(a_receipt(1000)))


def test_two_marketers_hold_a_draw_and_its_proof_finds_the_same_winner(
    first: FlaskClient, second: FlaskClient, shop: Shop
) -> None:
    a_draw(shop)
    promised = transact(lambda: holdings.commitment(shop.program.id, "car"))
    assert promised in first.get(DRAW).text
    assert "Collecting tickets" in first.get("/console/draws").text

    asked = first.post(DRAW, data={"prizes": "1", "note": "New year"})
    own = first.post(f"{DRAW}/approve", data={"seen": "0" * 64})
    [seen] = re.findall(r'name="seen" value="(\w{64})"', second.get(DRAW).text)
    held = second.post(f"{DRAW}/approve", data={"seen": seen})
    again = second.post(f"{DRAW}/approve", data={"seen": seen})

    assert (asked.status_code, own.status_code, held.status_code, again.status_code) == (303, 403, 303, 409)
    page = second.get(DRAW).text
    [seed] = re.findall(r"<dt>Seed</dt><dd><code[^>]*>(\w{64})", page)
    assert hashlib.sha256(bytes.fromhex(seed)).hexdigest() == promised
    rows = list(csv.DictReader(io.StringIO(second.get(f"{DRAW}/entries.csv").text)))
    entries = [Entry(int(row["member"]), int(row["tickets"])) for row in rows]
    [winner] = holdings.winners_of(bytes.fromhex(seed), entries, 1)
    assert winner.score in page


def test_a_draw_that_is_refused_or_makes_no_sense_is_not_held(
    first: FlaskClient, second: FlaskClient, shop: Shop
) -> None:
    a_draw(shop)

    none = first.post(DRAW, data={"prizes": "none", "note": ""})
    first.post(DRAW, data={"prizes": "2", "note": "New year"})
    refused = second.post(f"{DRAW}/reject")
    nothing = first.get("/console/draws/yacht")

    assert (none.status_code, refused.status_code, nothing.status_code) == (422, 303, 404)
    assert 'id="prizes-error"' in none.text and 'id="note-error"' in none.text
    assert transact(lambda: holdings.drawing(shop.program.id, "car")) is None
    assert first.get(f"{DRAW}/entries.csv").status_code == 404
