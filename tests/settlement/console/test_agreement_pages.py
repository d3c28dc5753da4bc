"""Finance's agreements on pages: proposed by one person, activated by another, and nobody else gets in."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import transact
from settlement import terms
from tests.settlement.builders import Coalition, on_issue

PASSWORD = "correct horse battery"
FORM = {
    "funding_mode": "hybrid",
    "issue_price": "0.006",
    "redemption_price": "0,004321",
    "service_price": "0.0012",
    "redeemer_commission": "5",
    "breakage_share": "12.5",
    "reversal_order": "last_drawn_first",
    "vat_profile": "UK_SERVICE",
    "vat_rate": "21",
    "currency": "usd",
    "cycle": "month",
    "model": "deferred_gross",
    "credit_limit": "1 250.50",
    "over_limit": "throttle",
    "starts_on": "2089-06-01",
    "note": "New prices from June",
}


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition("coral")
    coalition.join("A", on_issue("0.01"))
    coalition.join("B")
    return coalition


def signed_in(live: Flask, name: str, role: str = "finance") -> FlaskClient:
    email = f"{name}@coral.test"
    transact(lambda: access.create_user(email, PASSWORD, [role], "staff"))
    client = live.test_client()
    client.post("/login", data={"email": email, "password": PASSWORD})
    return client


def proposed(client: FlaskClient, coalition: Coalition, name: str = "A", **more: str) -> str:
    company = ids.public("ent", coalition.entities[name])
    answer = client.post(f"/console/agreements/companies/{company}/propose", data=FORM | more)
    assert answer.status_code == 303, answer.text
    return answer.location.partition("?")[0]


def test_one_person_proposes_and_another_activates_exactly_what_is_shown(live: Flask, coalition: Coalition) -> None:
    ann, bob = signed_in(live, "ann"), signed_in(live, "bob")
    page = proposed(ann, coalition)
    assert "/activate" not in ann.get(page).text
    shown = bob.get(page).text
    seen = re.search(r'name="seen" value="(\w+)"', shown)
    assert seen is not None

    assert ann.post(f"{page}/activate", data={"seen": seen[1]}).status_code == 403
    assert bob.post(f"{page}/activate", data={"seen": "0" * 64}).status_code == 409
    assert bob.post(f"{page}/activate", data={"seen": seen[1]}).status_code == 303

    versions = transact(lambda: terms.versions(coalition.entities["A"]))
    made = versions[-1]
    assert [one.state for one in versions] == ["active", "active"]
    assert (str(made.redemption_price), made.credit_limit_minor, made.currency) == ("0.004321", 125_050, "USD")
    assert (str(made.redeemer_commission), str(made.breakage_share)) == ("0.050000", "0.125000")


def test_a_proposal_is_refused_with_a_reason(live: Flask, coalition: Coalition) -> None:
    page = proposed(signed_in(live, "ann"), coalition)
    bob = signed_in(live, "bob")

    assert bob.post(f"{page}/refuse", data={"rejection": ""}).status_code == 422
    assert bob.post(f"{page}/refuse", data={"rejection": "Too dear"}).status_code == 303

    assert "Too dear" in bob.get(page).text
    assert transact(lambda: terms.versions(coalition.entities["A"]))[-1].state == "refused"


WRONG = [
    ("issue_price", "0.0000001"),
    ("issue_price", ""),
    ("redeemer_rate", "0.01"),
    ("vat_rate", "100"),
    ("breakage_share", "101"),
    ("prefund", "5"),
    ("starts_on", "soon"),
    ("ends_on", "2089-05-31"),
    ("currency", "dollars"),
    ("model", "barter"),
    ("note", ""),
]


def test_a_wrong_field_is_named_and_nothing_is_proposed(live: Flask, coalition: Coalition) -> None:
    ann, company = signed_in(live, "ann"), ids.public("ent", coalition.entities["A"])

    for field, value in WRONG:
        answer = ann.post(f"/console/agreements/companies/{company}/propose", data=FORM | {field: value})

        assert (field, answer.status_code) == (field, 422)
        assert "There is a problem" in answer.text
    assert len(transact(lambda: terms.versions(coalition.entities["A"]))) == 1


def test_the_list_shows_what_holds_and_what_is_missing(live: Flask, coalition: Coalition) -> None:
    ann = signed_in(live, "ann")
    proposed(ann, coalition, "B")

    page = " ".join(ann.get("/console/agreements").text.split())

    assert "Nothing is agreed today" in page
    assert "B SIA, version 1" in page
    assert all(code in page for code in transact(terms.settlement_models))
    for name in ("A", "B"):
        company = ids.public("ent", coalition.entities[name])
        assert ann.get(f"/console/agreements/companies/{company}").status_code == 200
        assert ann.get(f"/console/agreements/companies/{company}/propose").status_code == 200


def test_others_have_no_right_to_see_agreements(live: Flask) -> None:
    assert signed_in(live, "cyd", "support").get("/console/agreements").status_code == 403


def test_a_company_is_billed_as_its_program_is(live: Flask, coalition: Coalition) -> None:
    client, company = signed_in(live, "ann"), ids.public("ent", coalition.entities["A"])
    path = f"/console/agreements/companies/{company}/propose"

    answer = client.post(path, data=FORM | {"cycle": "week"})

    assert answer.status_code == 422 and 'id="cycle-error"' in answer.text
    assert 'value="week"' not in client.get(path).text and 'value="month"' in client.get(path).text
