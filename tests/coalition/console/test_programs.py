"""Programs in the console: anybody of the support looks, an administrator decides, and every change is written down."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import programs
from coalition.kernel import audit
from coalition.kernel.db import transact
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop


@pytest.fixture
def admin(app: Flask, shop: Shop) -> FlaskClient:
    """A browser of an administrator."""
    return signed_in(app, "admin@coral.test", "admin")


@pytest.fixture
def page(shop: Shop) -> str:
    """The address of the program."""
    return f"/console/programs/{shop.program.code}"


def now(shop: Shop) -> programs.Program:
    return transact(lambda: programs.get(shop.program.id))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_is_shown(admin: FlaskClient, page: str, language: str) -> None:
    for path in ("/console/programs", page, f"{page}/policies", f"{page}/currencies/BON"):
        assert admin.get(path, headers={"Accept-Language": language}).status_code == 200


def test_support_looks_and_changes_nothing(support: FlaskClient, shop: Shop, page: str) -> None:
    seen = support.get(page).text
    tried = [
        support.get(f"{page}/policies"),
        support.post(f"{page}/policies", data={}),
        support.get(f"{page}/currencies/BON"),
        support.post(f"{page}/currencies/BON", data={}),
        support.post(f"{page}/move", data={"state": "sunset", "ends_on": "2030-01-01", "reason": "x"}),
        support.post(f"{page}/halt", data={"halt_reason": "x"}),
        support.post(f"{page}/rates", data={}),
    ]

    assert "Life of the program" in seen
    assert "/policies" not in seen
    assert [answer.status_code for answer in tried] == [403] * 7
    assert now(shop) == shop.program


def test_a_program_goes_on_with_a_reason_and_a_last_day(admin: FlaskClient, shop: Shop, page: str) -> None:
    without = admin.post(f"{page}/move", data={"state": "sunset"})
    moved = admin.post(f"{page}/move", data={"state": "sunset", "ends_on": "2030-12-31", "reason": "A new program"})
    back = admin.post(f"{page}/move", data={"state": "live", "reason": "Regret"})

    assert without.status_code == 422
    assert 'href="#ends_on"' in without.text
    assert 'href="#move-reason"' in without.text
    assert moved.status_code == 303
    assert (now(shop).state, now(shop).sunset_ends_on) == ("sunset", dt.date(2030, 12, 31))
    assert "A new program" in admin.get(page).text
    assert back.status_code == 409
    assert "<title>Error: " in back.text


def test_a_halt_is_seen_and_lifted(admin: FlaskClient, support: FlaskClient, shop: Shop, page: str) -> None:
    without = admin.post(f"{page}/halt", data={"halt_reason": ""})
    admin.post(f"{page}/halt", data={"halt_reason": "Balances look odd"})
    halted = now(shop).halted_at
    seen = support.get(page).text
    admin.post(f"{page}/resume", data={"halt_reason": "They are right"})
    again = admin.post(f"{page}/resume", data={"halt_reason": "They are right"})

    assert without.status_code == 422
    assert halted is not None
    assert "Balances look odd" in seen
    assert now(shop).halted_at is None
    assert again.status_code == 409


def policies(**more: str) -> dict[str, str]:
    given = {"name": "Coral Club", "proof_policy": "spend", "return_policy": "arrears", "restore_grace_days": "14"}
    return {
        **given,
        "family_max": "4",
        "accept_late_days": "",
        "adjustment_limit": "2 500",
        "confirm_from_minor": "50",
        **more,
    }


def test_policies_are_saved_and_the_change_is_told(admin: FlaskClient, shop: Shop, page: str) -> None:
    saved = admin.post(f"{page}/policies", data=policies())

    found = now(shop)
    assert saved.status_code == 303
    assert (found.proof_policy, found.return_policy, found.adjustment_limit) == ("spend", "arrears", 2500)
    assert found.confirm_from_minor == 50_00
    assert (found.restore_grace_days, found.family_max, found.accept_late_days) == (14, 4, None)
    seen = admin.get(page).text
    assert "Policies changed" in seen
    assert f"{page}/policies" in seen
    assert f"{page}/currencies/BON" in seen
    assert f"{page}/move" in seen


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"family_max": "0"},
        {"family_max": "many"},
        {"restore_grace_days": "-1"},
        {"adjustment_limit": "1.5"},
        {"confirm_from_minor": "-1"},
        {"proof_policy": "blood"},
        {"accept_late_days": "soon"},
    ],
)
def test_an_unsound_policy_is_refused_beside_its_field(
    admin: FlaskClient, shop: Shop, page: str, wrong: dict[str, str]
) -> None:
    answer = admin.post(f"{page}/policies", data=policies(**wrong))

    [field] = wrong
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert f'href="#{field}"' in answer.text
    assert now(shop) == shop.program


def currency(**more: str) -> dict[str, str]:
    given = {"name_en": "bonuses", "name_ru": "бонусы", "kind": "bonus", "expiry": "inactivity", "expiry_n": "18"}
    given["face"] = "0.01"
    given |= {"attribution": "fifo", "activation_days": "14", "spendable": "yes"}
    given |= {"debt_floor": "0", "spend_min": "100", "spend_step": "10", "spend_share": "12.5", "spend_day_max": ""}
    return {**given, **more}


def test_a_currencys_policies_are_saved(admin: FlaskClient, shop: Shop, page: str) -> None:
    saved = admin.post(f"{page}/currencies/BON", data=currency())

    found = transact(lambda: programs.main_currency(shop.program.id))
    assert saved.status_code == 303
    assert (found.expiry, found.expiry_n, found.attribution, found.activation_days) == ("inactivity", 18, "fifo", 14)
    assert (found.spendable, found.transferable) == (True, False)
    assert (found.spend_min, found.spend_step, found.spend_share_bp, found.spend_day_max) == (100, 10, 1250, None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"expiry_n": ""}, "expiry_n"),
        ({"expiry": "days", "expiry_n": "7"}, "activation_days"),
        ({"spend_share": "101"}, "spend_share"),
        ({"spend_step": "0"}, "spend_step"),
        ({"kind": "tier"}, "spendable"),
        ({"name_ru": ""}, "name_ru"),
    ],
)
def test_policies_that_do_not_fit_each_other_are_refused(
    admin: FlaskClient, shop: Shop, page: str, wrong: dict[str, str], field: str
) -> None:
    answer = admin.post(f"{page}/currencies/BON", data=currency(**wrong))

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


def test_a_rate_is_set_between_whole_points(admin: FlaskClient, shop: Shop, page: str) -> None:
    names = {"name_en": "miles", "name_ru": "мили"}
    transact(lambda: programs.add_currency(shop.program.id, "MIL", **names, face_minor=Decimal(1), decimals=2))
    form = {"from_currency": "BON", "to_currency": "MIL", "since": "2026-01-01"}

    wrong = admin.post(f"{page}/rates", data={**form, "rate": "free", "since": "soon"})
    saved = admin.post(f"{page}/rates", data={**form, "rate": "0,5"})
    same = admin.post(f"{page}/rates", data={**form, "to_currency": "BON", "rate": "1"})

    [rate] = transact(lambda: programs.rates(shop.program.id))
    assert wrong.status_code == 422
    assert 'href="#rate"' in wrong.text
    assert 'href="#since"' in wrong.text
    assert (saved.status_code, rate.rate) == (303, Decimal(50))
    assert same.status_code == 422
    assert "0.5" in admin.get(page).text


def test_what_is_not_there_is_not_found(admin: FlaskClient, page: str) -> None:
    for path in ("/console/programs/none", "/console/programs/none/policies", f"{page}/currencies/XXX"):
        assert admin.get(path).status_code == 404


def test_the_latest_changes_are_the_program_s_own_whatever_else_is_done_in_it(
    support: FlaskClient, shop: Shop, page: str
) -> None:
    transact(lambda: programs.change(shop.program.id, family_max=9))
    for _ in range(25):
        transact(lambda: audit.record("report.ask", f"program:{shop.program.id}", report="liability"))
    seen = support.get(page).text

    assert "Policies changed" in seen
    assert "report.ask" not in seen


@pytest.mark.parametrize(("path", "field"), [("policies", "family_max"), ("currencies/BON", "spend_min")])
def test_what_somebody_else_has_changed_meanwhile_is_not_saved_over(
    admin: FlaskClient, shop: Shop, page: str, path: str, field: str
) -> None:
    fill = policies if path == "policies" else currency
    shown = re.search(r'name="seen" value="([0-9a-f]{64})"', admin.get(f"{page}/{path}").text)
    assert shown
    first = admin.post(f"{page}/{path}", data=fill(seen=shown.group(1), **{field: "20"}))
    after = admin.get(f"{page}/{path}").text
    second = admin.post(f"{page}/{path}", data=fill(seen=shown.group(1)))

    assert first.status_code == 303
    assert second.status_code == 409
    assert "Somebody has changed this meanwhile" in second.text
    assert shown.group(1) in second.text  # sent once more it is refused once more
    unchanged = admin.get(f"{page}/{path}").text
    assert re.findall(r'name="seen" value="\w+"', unchanged) == re.findall(r'name="seen" value="\w+"', after)
