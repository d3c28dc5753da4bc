"""Payments that do not agree, in the catalog's console: shown with both sides, closed only with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import payments
from coalition.kernel.db import execute, fetch_one, transact
from tests.catalog.payments.builders import ask_for
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop

PAGE = "/console/catalog/payments"


@pytest.fixture
def case(shop: Shop) -> Any:
    """A refund that somebody made by hand at the provider's."""
    ref = ask_for(1000)
    transact(lambda: execute("UPDATE payment SET program_id = :id", {"id": shop.program.id}))
    found = transact(lambda: payments.find(ref))
    transact(
        lambda: execute(
            "INSERT INTO payment_case (program_id, payment_id, subject, kind, ours, theirs)"
            " VALUES (:program, :payment, :ref, 'refunded', '0 EUR', '250 EUR')",
            {"program": shop.program.id, "payment": found.id, "ref": ref},
        )
    )
    return fetch_one("SELECT id, subject FROM payment_case")


def test_where_all_agree_there_is_nothing_to_do(keeper: FlaskClient, shop: Shop) -> None:
    assert "Everything agrees" in keeper.get(PAGE).text


def test_a_case_shows_both_sides_and_closes_with_a_reason(keeper: FlaskClient, case: Any) -> None:
    page = keeper.get(PAGE).text
    assert all(words in page for words in ("More or less was given back", "0 EUR", "250 EUR", case.subject))

    silent = keeper.post(f"{PAGE}/{case.id}/close", data={f"reason_{case.id}": " "})
    closed = keeper.post(f"{PAGE}/{case.id}/close", data={f"reason_{case.id}": "refunded by hand, ticket 7"})

    assert (silent.status_code, closed.status_code) == (422, 303)
    row = fetch_one("SELECT reason, closed_by FROM payment_case WHERE id = :id", {"id": case.id})
    assert row.reason == "refunded by hand, ticket 7"
    assert row.closed_by.startswith("user:")
    assert "Everything agrees" in keeper.get(closed.location).text


def test_a_closed_case_is_nobodys_and_support_does_not_enter(app: Flask, keeper: FlaskClient, case: Any) -> None:
    keeper.post(f"{PAGE}/{case.id}/close", data={f"reason_{case.id}": "done"})

    assert keeper.post(f"{PAGE}/{case.id}/close", data={f"reason_{case.id}": "again"}).status_code == 404
    assert signed_in(app, "helper@coral.test", "support").get(PAGE).status_code == 403
