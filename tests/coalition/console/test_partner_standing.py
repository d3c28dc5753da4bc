"""Administrators change a company's particulars, and suspend a partner: its clients are refused meanwhile."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, partners
from coalition.kernel import clock
from coalition.kernel.db import fetch_all, transact
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop

PARTNER = "/console/partners/freshmart"
COMPANY = f"{PARTNER}/entities/FRESHMART"
GIVEN = {"entity_name": "Fresh Foods SIA", "country": "ee", "tax_id": "EE101"}


@pytest.fixture
def admin(app: Flask, shop: Shop) -> FlaskClient:
    return signed_in(app, "admin@coral.test", "admin")


def deeds() -> list[str]:
    rows = transact(lambda: fetch_all("SELECT action FROM audit WHERE actor LIKE 'user:%' ORDER BY id"))
    return [row.action for row in rows]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_company_s_particulars_are_changed_and_its_code_stays(admin: FlaskClient, shop: Shop, language: str) -> None:
    admin.set_cookie("language", language)
    shown = admin.get(COMPANY).text

    answers = [admin.post(COMPANY, data=GIVEN).status_code for _ in range(2)]

    [found] = transact(lambda: partners.entities_of(shop.partner.id))
    assert "FRESHMART" in shown and COMPANY in admin.get(PARTNER).text
    assert answers == [303, 303]
    assert (found.code, found.name, found.country, found.tax_id) == ("FRESHMART", "Fresh Foods SIA", "EE", "EE101")
    assert deeds().count("legal_entity.amend") == 1


@pytest.mark.parametrize(("field", "wrong"), [("entity_name", ""), ("country", "Latvia"), ("tax_id", "")])
def test_particulars_that_cannot_be_are_refused_beside_their_field(
    admin: FlaskClient, shop: Shop, field: str, wrong: str
) -> None:
    before = transact(lambda: partners.entities_of(shop.partner.id))

    answer = admin.post(COMPANY, data=GIVEN | {field: wrong})

    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert transact(lambda: partners.entities_of(shop.partner.id)) == before
    assert admin.post(f"{PARTNER}/entities/CORAL", data=GIVEN).status_code == 404


def test_a_suspended_partner_s_clients_are_refused_and_come_back_as_they_were(
    app: Flask, admin: FlaskClient, shop: Shop
) -> None:
    client_id, secret = transact(
        lambda: access.create_client(shop.program.id, shop.partner.id, "Tills", ["members:read"])
    )
    bearer = transact(lambda: access.issue_token(client_id, secret, ["members:read"])).value

    def called(after_s: int) -> tuple[int, int]:
        """What the API and the token endpoint answer so much later, when what is remembered of a token is forgotten."""
        with time_machine.travel(clock.now() + dt.timedelta(seconds=after_s)):
            api = app.test_client().get("/api/v1/members/mbr_x", headers={"Authorization": f"Bearer {bearer}"})
            grant = {"grant_type": "client_credentials"}
            token = app.test_client().post("/oauth/token", data=grant, auth=(client_id, secret))
            return api.status_code, token.status_code

    before = called(2)
    no_reason = admin.post(f"{PARTNER}/suspend", data={"reason": " "})
    off = [admin.post(f"{PARTNER}/suspend", data={"reason": "Does not pay"}).status_code for _ in range(2)]
    meanwhile, shown, listed = called(4), admin.get(PARTNER).text, admin.get("/console/partners.csv").text
    newer = transact(lambda: access.create_client(shop.program.id, shop.partner.id, "New", ["members:read"]))
    refused = transact(lambda: access.verify_client(*newer))
    on = admin.post(f"{PARTNER}/resume")

    assert (before, meanwhile, called(6)) == ((404, 200), (401, 401), (404, 200))
    assert (no_reason.status_code, off, on.status_code, refused) == (422, [303, 303], 303, None)
    assert "Does not pay" in shown and "yes" in listed
    assert [one for one in deeds() if one in ("partner.suspended", "partner.resumed")] == [
        "partner.suspended",
        "partner.resumed",
    ]


def test_a_partner_s_suspension_is_nobody_else_s_and_the_operator_s_is_none(admin: FlaskClient, shop: Shop) -> None:
    operator = transact(lambda: partners.operator(shop.program.id))
    mine, theirs = (
        transact(lambda owner=owner: access.create_client(shop.program.id, owner, "Tills", ["members:read"]))
        for owner in (shop.partner.id, operator.id)
    )

    admin.post(f"{PARTNER}/suspend", data={"reason": "Does not pay"})
    never = admin.post(f"/console/partners/{operator.code}/suspend", data={"reason": "Does not pay"})

    assert transact(lambda: access.verify_client(*mine)) is None
    assert transact(lambda: access.verify_client(*theirs)) is not None
    assert never.status_code == 404


def test_auditors_look_and_change_nothing(app: Flask, admin: FlaskClient) -> None:
    auditor = signed_in(app, "auditor@coral.test", "auditor")

    assert auditor.get(COMPANY).status_code == 200
    assert "Suspend it" not in auditor.get(PARTNER).text
    for path in (COMPANY, f"{PARTNER}/suspend", f"{PARTNER}/resume"):
        assert auditor.post(path, data=GIVEN | {"reason": "x"}).status_code == 403
