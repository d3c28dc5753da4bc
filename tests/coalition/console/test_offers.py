"""What an administrator gives a program in the console: promo accounts, tiers, plans, currencies and pilot members."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import members, partners, programs
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import CARD, Shop


@pytest.fixture
def admin(app: Flask, shop: Shop) -> FlaskClient:
    """A browser of an administrator."""
    return signed_in(app, "admin@coral.test", "admin")


@pytest.fixture
def page(shop: Shop) -> str:
    """The address of the program."""
    return f"/console/programs/{shop.program.code}"


@pytest.fixture
def counted(shop: Shop) -> programs.Currency:
    """A currency in which tiers are counted."""
    names = {"name_en": "tier points", "name_ru": "баллы уровня"}
    return transact(lambda: programs.add_currency(shop.program.id, "TIE", **names, face_minor=Decimal(1), kind="tier"))


def promo(**more: Any) -> dict[str, Any]:
    given = {"code": "spring", "name_en": "Spring", "name_ru": "Весна", "currency": "BON", "share": "50", "cap": "300"}
    return {**given, "expiry": "days", "expiry_n": "30", "priority": "2", **more}


def tiers(*rows: tuple[str, str, str], **more: str) -> dict[str, str]:
    found = {"currency": "TIE", "months": "", "places": str(len(rows) + 1), **more}
    for at, (code, threshold, times) in enumerate(rows):
        found |= {f"rank-{at}": str(at + 1), f"code-{at}": code, f"threshold-{at}": threshold, f"times-{at}": times}
        found |= {f"name_en-{at}": code.title(), f"name_ru-{at}": code.title()}
    return found


def plan(**more: str) -> dict[str, str]:
    given = {"code": "plus", "name_en": "Plus", "name_ru": "Плюс", "price": "4.99", "months": "1", "tier": ""}
    return {**given, "times": "1.5", "delivery": "yes", **more}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_form_is_shown(admin: FlaskClient, counted: programs.Currency, page: str, language: str) -> None:
    for path in ("promo-accounts/new", "tiers", "tiers/edit", "plans/new", "currencies/new", "currencies/TIE"):
        assert admin.get(f"{page}/{path}", headers={"Accept-Language": language}).status_code == 200


def test_support_looks_at_tiers_and_changes_nothing(support: FlaskClient, shop: Shop, page: str) -> None:
    forms = ("promo-accounts/new", "tiers/edit", "plans/new", "currencies/new")
    tried = [support.get(f"{page}/{path}") for path in forms] + [support.post(f"{page}/{path}") for path in forms]
    tried += [support.post(f"{page}/pilots", data={"pilots": CARD}), support.post(f"{page}/plans/plus/close")]

    assert support.get(f"{page}/tiers").status_code == 200
    assert {answer.status_code for answer in tried} == {403}
    assert transact(lambda: programs.promo_accounts(shop.program.id)) == []


def test_a_promo_account_is_opened_with_all_that_it_says(admin: FlaskClient, shop: Shop, page: str) -> None:
    transact(lambda: partners.add_group(shop.program.id, "fuel", name_en="Fuel", name_ru="Топливо"))
    places = {"partners": ["freshmart"], "outlets": ["freshmart/S1"], "groups": ["fuel"]}

    opened = admin.post(f"{page}/promo-accounts/new", data=promo(**places))

    [found] = transact(lambda: programs.promo_accounts(shop.program.id))
    assert opened.status_code == 303
    assert (found.code, found.share_bp, found.cap_points, found.priority) == ("spring", 5000, 300, 2)
    assert (found.expiry, found.expiry_n, found.partner_ids) == ("days", 30, (shop.partner.id,))
    assert (len(found.outlet_ids), found.product_groups) == (1, ("fuel",))
    assert "Promo account opened" in admin.get(page).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "Spring!"}, "code"),
        ({"name_ru": ""}, "name_ru"),
        ({"currency": "XXX"}, "currency"),
        ({"share": "0"}, "share"),
        ({"share": "101"}, "share"),
        ({"cap": "many"}, "cap"),
        ({"cap": "-5"}, "cap"),
        ({"expiry_n": ""}, "expiry_n"),
        ({"expiry": "inactivity"}, "expiry"),
        ({"priority": "-1"}, "priority"),
        ({"partners": ["nobody"]}, "partners"),
        ({"outlets": ["freshmart/none"]}, "outlets"),
        ({"groups": ["none"]}, "groups"),
    ],
)
def test_a_promo_account_that_is_not_sound_is_not_opened(
    admin: FlaskClient, shop: Shop, page: str, wrong: dict[str, Any], field: str
) -> None:
    answer = admin.post(f"{page}/promo-accounts/new", data=promo(**wrong))

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert "<title>Error: " in answer.text
    assert 'value="Spring"' in answer.text
    assert transact(lambda: programs.promo_accounts(shop.program.id)) == []


def test_a_code_is_used_once(admin: FlaskClient, page: str) -> None:
    answers = [admin.post(f"{page}/promo-accounts/new", data=promo()) for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 409]
    assert 'href="#code"' in answers[1].text


def test_tiers_are_defined_and_changed_by_their_code(
    admin: FlaskClient, shop: Shop, counted: programs.Currency, page: str
) -> None:
    first = admin.post(f"{page}/tiers/edit", data=tiers(("silver", "1 000", "1"), ("gold", "5 000", "1.25")))
    second = admin.post(
        f"{page}/tiers/edit", data=tiers(("silver", "1 500", "1"), ("gold", "5 000", "1.5"), months="12")
    )

    ladder = transact(lambda: members.ladder(shop.program.id))
    assert (first.status_code, second.status_code) == (303, 303)
    assert [(one.code, one.threshold, one.benefits.earn_x_bp) for one in ladder.tiers] == [
        ("silver", 1500, 10_000),
        ("gold", 5000, 15_000),
    ]
    assert (ladder.currency_id, ladder.months) == (counted.id, 12)
    assert "Tiers defined" in admin.get(page).text


def test_the_place_says_which_tier_is_lower(
    admin: FlaskClient, shop: Shop, counted: programs.Currency, page: str
) -> None:
    form = tiers(("gold", "5000", "1"), ("silver", "1000", "1")) | {"rank-0": "9"}

    admin.post(f"{page}/tiers/edit", data=form)

    assert [one.code for one in transact(lambda: members.ladder(shop.program.id)).tiers] == ["silver", "gold"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (tiers(), "code-0"),
        (tiers(("silver", "1000", "1"), currency="BON"), "currency"),
        (tiers(("silver", "1000", "1"), months="soon"), "months"),
        (tiers(("base", "1000", "1")), "code-0"),
        (tiers(("silver", "0", "1")), "threshold-0"),
        (tiers(("silver", "1000", "0.5")), "times-0"),
        (tiers(("silver", "1000", "1"), ("gold", "1000", "1")), "threshold-1"),
        (tiers(("silver", "1000", "1"), ("silver", "2000", "1")), "code-1"),
    ],
)
def test_tiers_that_do_not_fit_are_refused(
    admin: FlaskClient, shop: Shop, counted: programs.Currency, page: str, form: dict[str, str], field: str
) -> None:
    answer = admin.post(f"{page}/tiers/edit", data=form)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert not transact(lambda: members.ladder(shop.program.id)).tiers


def test_a_tier_is_never_left_out(admin: FlaskClient, counted: programs.Currency, page: str) -> None:
    admin.post(f"{page}/tiers/edit", data=tiers(("silver", "1000", "1"), ("gold", "5000", "1")))

    answer = admin.post(f"{page}/tiers/edit", data=tiers(("gold", "5000", "1")))

    assert answer.status_code == 422
    assert "A tier cannot be left out: silver" in answer.text


def test_a_plan_is_offered_and_closed(admin: FlaskClient, shop: Shop, page: str) -> None:
    offered = admin.post(f"{page}/plans/new", data=plan())
    again = admin.post(f"{page}/plans/new", data=plan())
    seen = admin.get(f"{page}/tiers").text
    closed = admin.post(f"{page}/plans/plus/close")

    [found] = transact(lambda: members.plans(shop.program.id))
    assert (offered.status_code, again.status_code, closed.status_code) == (303, 422, 303)
    assert (found.price_minor, found.months, found.benefits) == (499, 1, members.Benefits(15_000, True))
    assert "€4.99" in seen
    assert not found.is_open


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"price": "free"}, "price"),
        ({"months": "0"}, "months"),
        ({"times": "11"}, "times"),
        ({"tier": "none"}, "tier"),
        ({"times": "1", "delivery": ""}, "tier"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(
    admin: FlaskClient, shop: Shop, page: str, wrong: dict[str, str], field: str
) -> None:
    answer = admin.post(f"{page}/plans/new", data=plan(**wrong))

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert transact(lambda: members.plans(shop.program.id)) == []


def test_a_currency_is_added_with_its_worth(admin: FlaskClient, shop: Shop, page: str) -> None:
    form = {"code": "MIL", "name_en": "miles", "name_ru": "мили", "kind": "miles", "decimals": "2", "face": "0,005"}

    added = admin.post(f"{page}/currencies/new", data=form)
    again = admin.post(f"{page}/currencies/new", data={**form, "face": "0"})

    found = transact(lambda: programs.currency(shop.program.id, "MIL"))
    assert added.status_code == 303
    assert (found.kind, found.decimals, found.face_minor) == ("miles", 2, Decimal("0.005"))
    assert again.status_code == 422
    assert 'href="#face"' in again.text
    assert 'href="#code"' in again.text


def test_worth_and_shares_of_groups_are_policies_of_a_currency(admin: FlaskClient, shop: Shop, page: str) -> None:
    transact(lambda: partners.add_group(shop.program.id, "wine", name_en="Wine", name_ru="Вино"))
    form = {"name_en": "bonuses", "name_ru": "бонусы", "kind": "bonus", "expiry": "never", "expiry_n": ""}
    form |= {"attribution": "fefo", "activation_days": "0", "spendable": "yes"}
    form |= {"debt_floor": "0", "spend_min": "0", "spend_step": "1", "spend_share": "100", "spend_day_max": ""}

    wrong = admin.post(f"{page}/currencies/BON", data={**form, "face": "0.01", "group-wine": "120"})
    saved = admin.post(f"{page}/currencies/BON", data={**form, "face": "0.0125", "group-wine": "25"})

    found = transact(lambda: programs.main_currency(shop.program.id))
    assert (wrong.status_code, saved.status_code) == (422, 303)
    assert 'href="#group-wine"' in wrong.text
    assert (found.face_minor, found.spend_group_bp) == (Decimal("1.25"), {"wine": 2500})
    assert 'value="0.0125"' in admin.get(f"{page}/currencies/BON").text


def test_members_are_let_into_a_pilot_all_or_none(admin: FlaskClient, shop: Shop) -> None:
    launched = transact(lambda: programs.launch("trial", "Trial", zone="Europe/Riga", currency="EUR"))
    page = f"/console/programs/{launched.code}"
    stranger = ids.public("mbr", shop.member.id)

    unknown = admin.post(f"{page}/pilots", data={"pilots": f"{stranger}\nnobody"})

    assert unknown.status_code == 422
    assert "nobody" in unknown.text
    assert transact(lambda: programs.pilots(launched.id, [shop.member.id])) == set()


def test_a_pilots_members_are_found_by_what_they_present(admin: FlaskClient, shop: Shop, page: str) -> None:
    added = admin.post(f"{page}/pilots", data={"pilots": f"{CARD}\n\n{ids.public('mbr', shop.member.id)}"})

    assert added.status_code == 303
    assert transact(lambda: programs.pilots(shop.program.id, [shop.member.id])) == {shop.member.id}
    assert fetch_all("SELECT 1 FROM audit WHERE action = 'program.add_pilots'", {})


def test_tiers_that_somebody_else_has_changed_meanwhile_are_not_saved_over(
    admin: FlaskClient, counted: programs.Currency, page: str
) -> None:
    admin.post(f"{page}/tiers/edit", data=tiers(("silver", "1000", "1")))
    shown = re.search(r'name="seen" value="([0-9a-f]{64})"', admin.get(f"{page}/tiers/edit").text)
    assert shown
    first = admin.post(f"{page}/tiers/edit", data=tiers(("silver", "2000", "1")) | {"seen": shown.group(1)})
    second = admin.post(f"{page}/tiers/edit", data=tiers(("silver", "1000", "2")) | {"seen": shown.group(1)})

    assert first.status_code == 303
    assert second.status_code == 409
    assert "Somebody has changed this meanwhile" in second.text
    assert "2,000" in admin.get(f"{page}/tiers").text
