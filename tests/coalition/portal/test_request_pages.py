"""The request log on its page: the partner's own clients and its test clients, nobody else's."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from coalition import access, sandbox
from coalition.kernel.db import transact
from coalition.kernel.request_log import collector
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import CARD, Shop, a_body

PAGE = "/portal/requests"


@pytest.fixture
def asked(shop: Shop, twin: Shop, client: FlaskClient) -> Till:
    """The shop's till has bought and was refused, and so has the till of the other shop."""
    mine, theirs = (transact(lambda shop=one: a_till(shop, client)) for one in (shop, twin))  # type: ignore[misc]
    mine.post("/purchases", a_body(), X_Request_Id="mine-and-good")
    mine.post("/purchases", a_body(quantity=CARD), X_Request_Id="mine-and-bad")
    theirs.post("/purchases", a_body(), X_Request_Id="theirs-whatever")
    collector().flush()
    return mine


def test_a_partner_sees_its_own_requests_and_no_other_s(asked: Till, reader: FlaskClient) -> None:
    page = reader.get(PAGE).text

    assert "mine-and-good" in page
    assert "mine-and-bad" in page
    assert "theirs-whatever" not in page
    assert "/quantity unknown_field" in page
    assert 'href="/api/docs/errors/invalid"' in page
    assert CARD not in page


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("status=2", {"mine-and-good"}),
        ("status=422", {"mine-and-bad"}),
        ("status=5", set()),
        ("path=purch", {"mine-and-good", "mine-and-bad"}),
        ("path=nowhere", set()),
        ("request_id=mine-and-bad", {"mine-and-bad"}),
        ("since=2020-01-01&until=2020-01-02", set()),
    ],
)
def test_it_is_searched(asked: Till, reader: FlaskClient, query: str, seen: set[str]) -> None:
    page = reader.get(f"{PAGE}?{query}")

    shown = page.text.replace('value="mine-and-bad"', "")
    assert page.status_code == 200
    assert {name for name in ("mine-and-good", "mine-and-bad") if name in shown} == seen


def test_what_cannot_be_asked_is_said_so(asked: Till, reader: FlaskClient) -> None:
    assert reader.get(f"{PAGE}?status=many").status_code == 422
    assert reader.get(f"{PAGE}?since=tomorrow").status_code == 422


def test_requests_of_test_clients_are_there_and_marked(shop: Shop, client: FlaskClient, reader: FlaskClient) -> None:
    made = transact(lambda: sandbox.switch_on(shop.partner.id))
    assert made is not None
    till = Till(shop, client, access.issue_token(made[1], made[2], ["purchases:read"]).value)
    till.get("/purchases/magic.not_found")
    collector().flush()

    page = reader.get(PAGE).text

    assert "magic.not_found" in page
    assert "Test mode" in page
