"""Test mode: a program of the partner's own, apart from what is worth something, and started over at will."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, ledger, members, partners, programs, sandbox
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import Conflict, NotFound, TooMany
from coalition.sandbox import mode as modes
from settlement import accruals
from tests.coalition.api.till import Till
from tests.coalition.purchases.builders import Shop, a_body, a_shop


def _switched_on(shop: Shop, client: FlaskClient) -> tuple[sandbox.TestMode, Till]:
    made = transact(lambda: sandbox.switch_on(shop.partner.id))
    assert made is not None
    mode, client_id, secret = made
    scopes = access.SCOPES.keys() - {"statements:witness"}
    return mode, Till(shop, client, access.issue_token(client_id, secret, scopes).value)


def _in_test(**more: object) -> dict[str, object]:
    return a_body(member={"kind": "card", "value": sandbox.CARDS[0].number}, **more)


def test_it_has_the_partner_s_outlets_and_currencies_and_one_of_its_own(app: Flask, client: FlaskClient) -> None:
    shop = a_shop()

    mode, _ = _switched_on(shop, client)

    twin = partners.get(mode.twin_id)
    assert (twin.code, twin.program_id) == (shop.partner.code, mode.program_id)
    assert {outlet.code for outlet in partners.list_outlets(twin.id)} == {"S1", sandbox.OUTLET}
    assert [currency.code for currency in programs.currencies(mode.program_id)] == [shop.currency.code]
    assert programs.get(mode.program_id).kind == "test"


def test_it_is_switched_on_once(app: Flask) -> None:
    shop = a_shop()

    first, again = (transact(lambda: sandbox.switch_on(shop.partner.id)) for _ in range(2))

    assert first is not None
    assert again is None
    assert sandbox.find(shop.partner.id) == first[0]
    assert first[1].startswith("client_test_")


def test_what_is_bought_in_it_moves_no_point_of_the_program(app: Flask, client: FlaskClient) -> None:
    shop = a_shop()
    before = shop.available()
    mode, till = _switched_on(shop, client)

    bought = till.post("/purchases", _in_test(outlet=sandbox.OUTLET))
    members_card = till.post("/purchases", a_body())

    assert bought.status_code == 201
    assert (members_card.status_code, members_card.json["code"]) == (422, "unknown_member")
    assert shop.available() == before
    rich = members.identify(mode.program_id, mode.twin_id, [("card", sandbox.CARDS[0].number)])
    (purse,) = ledger.balances(mode.program_id, next(iter(rich.values())))
    assert purse.available + purse.pending > 10_000


def test_its_members_have_points_none_or_a_blocked_card(app: Flask, client: FlaskClient) -> None:
    _, till = _switched_on(a_shop(), client)
    ask = {card.state: till.post("/members/lookup", {"kind": "card", "value": card.number}) for card in sandbox.CARDS}

    assert ask["blocked"].status_code == 404
    points = till.get(f"/members/{ask['points'].json['id']}/balances").json["items"]
    none = till.get(f"/members/{ask['empty'].json['id']}/balances").json["items"]
    assert [purse["available"] for purse in points] == [10_000]
    assert [purse["available"] for purse in none] in ([], [0])


def test_starting_over_leaves_nothing_of_what_was_and_keeps_the_credentials(app: Flask, client: FlaskClient) -> None:
    shop = a_shop()
    _, till = _switched_on(shop, client)
    body = _in_test()
    bought = till.post("/purchases", body, Idempotency_Key="one").json["id"]

    anew = transact(lambda: sandbox.reset(shop.partner.id))

    access.tokens._seen.clear()  # what every process has done a second later
    assert (anew.generation, sandbox.find(shop.partner.id)) == (2, anew)
    assert till.get(f"/purchases/{bought}").status_code == 404
    again = till.post("/purchases", body, Idempotency_Key="one")
    assert again.status_code == 201
    assert again.json["id"] != bought


def test_it_is_started_over_twenty_times_a_day_at_most(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = a_shop()
    transact(lambda: sandbox.switch_on(shop.partner.id))
    today = "(now() AT TIME ZONE 'UTC')::date"
    execute(f"UPDATE test_mode SET resets = :most, reset_on = {today}", {"most": modes.RESETS_A_DAY})

    with pytest.raises(TooMany) as refused:
        transact(lambda: sandbox.reset(shop.partner.id))

    assert refused.value.code == "too_many_resets"
    with pytest.raises(NotFound):
        transact(lambda: sandbox.reset(a_shop().partner.id))


def test_staff_are_offered_real_programs_only(app: Flask) -> None:
    shop = a_shop()
    mode, *_ = transact(lambda: sandbox.switch_on(shop.partner.id)) or pytest.fail("it was on")

    assert mode.program_id not in {program.id for program in programs.list_programs()}
    assert mode.program_id in {program.id for program in programs.list_programs(test=True)}


def test_it_is_not_settled(app: Flask) -> None:
    shop = a_shop()
    mode, *_ = transact(lambda: sandbox.switch_on(shop.partner.id)) or pytest.fail("it was on")

    with pytest.raises(Conflict) as refused:
        transact(lambda: accruals.open_period(mode.program_id, "2026-11"))

    assert refused.value.code == "test_program"
