"""The token endpoint: cases 15 to 35 of the security plan, one thing at a time; for many at once see `test_races`."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from coalition import access
from coalition.access import oauth
from coalition.kernel import clock
from coalition.kernel.db import execute, transact
from tests.coalition.access.oauth.app import CALLBACK, VERIFIER, App, challenge_of
from tests.counting import statements

SECRETS = {"client_secret": "x", "client_assertion": "x"}


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]


def later(**ahead: float) -> Any:
    return time_machine.travel(clock.now() + dt.timedelta(**ahead))


def test_a_code_becomes_a_pair_of_tokens_for_each_kind_of_app(shopper: App, server: App) -> None:
    for app in (shopper, server):
        pair = app.tokens()

        assert sorted(pair) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
        assert (pair["scope"], pair["token_type"], pair["expires_in"]) == ("me", "Bearer", 3600)
        assert app.me(pair["access_token"]).status_code == 200


def test_15_no_proof_a_wrong_one_and_another_kind_s_get_401(server: App, shopper: App) -> None:
    code, post = server.code(), server.app.test_client().post
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answers = [
        post("/oauth/token", data=asked),
        post("/oauth/token", data=asked, auth=(server.client_id, "wrong")),
        post("/oauth/token", data=asked | {"client_id": server.client_id}),
        post("/oauth/token", data=asked | {"client_id": server.client_id, "client_secret": ""}),
        post("/oauth/token", data=asked, auth=(shopper.client_id, "anything")),
        post("/oauth/token", data=asked | {"client_id": shopper.client_id, "client_secret": "anything"}),
    ]

    assert {error(answer) for answer in answers} == {(401, "invalid_client")}
    assert server.redeem(code).status_code == 200


def test_16_another_client_cannot_redeem_a_code_nor_use_it_up(server: App, shopper: App) -> None:
    other = server.alike()
    code = server.code()

    stolen = [other.redeem(code), shopper.redeem(code)]

    assert {error(answer) for answer in stolen} == {(400, "invalid_grant")}
    assert server.redeem(code).status_code == 200


@pytest.mark.parametrize("uri", [None, "", f"{CALLBACK}/", "https://evil.example/", f"{CALLBACK}?x=1"])
def test_17_the_address_must_be_the_one_that_the_code_went_to(shopper: App, uri: str | None) -> None:
    assert error(shopper.redeem(shopper.code(), redirect_uri=uri)) == (400, "invalid_grant")


def test_18_a_code_lives_for_a_minute(shopper: App) -> None:
    code, other = shopper.code(), shopper.code()

    with later(seconds=59):
        in_time = shopper.redeem(code)
    with later(seconds=61):
        late = shopper.redeem(other)

    assert oauth.CODE_LIFE_S <= 60
    assert in_time.status_code == 200
    assert error(late) == (400, "invalid_grant")


def test_19_a_code_that_comes_twice_kills_all_that_came_of_it(shopper: App) -> None:
    code = shopper.code()
    first = shopper.redeem(code).json
    second = shopper.refresh(first["refresh_token"]).json

    again = shopper.redeem(code)

    assert error(again) == (400, "invalid_grant")
    assert {shopper.me(pair["access_token"]).status_code for pair in (first, second)} == {401}
    assert error(shopper.refresh(second["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "verifier", [None, "", "b" * 43, "a" * 42, VERIFIER + "\n", VERIFIER[:-1], "a" * 129, "ä" * 43, "a" * 42 + "="]
)
def test_21_a_code_without_its_verifier_is_worth_nothing(shopper: App, server: App, verifier: str | None) -> None:
    for app in (shopper, server):
        code = app.code()

        refused = app.redeem(code, code_verifier=verifier)

        assert refused.status_code == 400
        assert refused.json["error"] in ("invalid_grant", "invalid_request")
        assert error(app.redeem(code)) == (400, "invalid_grant")  # a wrong guess uses it up


def test_22_no_code_exists_without_a_challenge_so_none_can_be_done_without(shopper: App, session: Session) -> None:
    shopper.code()

    for wrong in ("NULL", "''", "'short'"):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(f"UPDATE oauth_code SET challenge = {wrong}"))


def test_22_a_verifier_is_looked_at_even_if_nobody_had_to_send_it(shopper: App) -> None:
    code = shopper.code(code_challenge=challenge_of("c" * 43))

    assert error(shopper.redeem(code, code_verifier="d" * 43)) == (400, "invalid_grant")


@pytest.mark.parametrize("grant", ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "token"])
def test_23_no_other_grant_exists(server: App, grant: str) -> None:
    asked = {"username": "anna@coral.example", "password": "correct horse battery", "assertion": "x.y.z"}

    assert error(server.token(grant_type=grant, **asked)) == (400, "unsupported_grant_type")


def test_24_each_refresh_gives_another_pair_and_the_old_one_kills_the_allowance(shopper: App) -> None:
    first = shopper.tokens()
    second = shopper.refresh(first["refresh_token"]).json
    third = shopper.refresh(second["refresh_token"]).json
    alive = shopper.me(third["access_token"]).status_code

    reused = shopper.refresh(first["refresh_token"])

    assert len({pair["refresh_token"] for pair in (first, second, third)}) == 3
    assert alive == 200
    assert error(reused) == (400, "invalid_grant")
    assert error(shopper.refresh(third["refresh_token"])) == (400, "invalid_grant")
    with later(seconds=1.1):
        assert shopper.me(third["access_token"]).status_code == 401


def test_24_an_allowance_that_dies_takes_no_other_with_it(shopper: App) -> None:
    stolen, other = shopper.tokens(), shopper.tokens()

    shopper.refresh(stolen["refresh_token"])
    shopper.refresh(stolen["refresh_token"])

    assert shopper.refresh(other["refresh_token"]).status_code == 200


def test_25_there_is_no_time_of_grace(shopper: App) -> None:
    pair = shopper.tokens()

    answers = [shopper.refresh(pair["refresh_token"]).status_code for _ in range(2)]

    assert answers == [200, 400]


def test_26_another_client_cannot_refresh_nor_end_the_allowance(server: App, shopper: App) -> None:
    pair, other = server.tokens(), server.alike()

    stolen = [other.refresh(pair["refresh_token"]), shopper.refresh(pair["refresh_token"])]

    assert {error(answer) for answer in stolen} == {(400, "invalid_grant")}
    assert server.refresh(pair["refresh_token"]).status_code == 200


@pytest.mark.parametrize("scope", ["me members:read", "purchases:write", "everything"])
def test_27_a_refresh_widens_nothing_and_costs_nothing(shopper: App, scope: str) -> None:
    pair = shopper.tokens()

    wider = shopper.refresh(pair["refresh_token"], scope=scope)

    assert error(wider) == (400, "invalid_scope")
    assert shopper.refresh(pair["refresh_token"], scope="me").json["scope"] == "me"


def test_28_an_allowance_ends_ninety_days_after_the_yes_however_often_it_is_refreshed(shopper: App) -> None:
    start, pair = clock.now(), shopper.tokens()

    for day in (29, 58, 87, 89.99):
        with time_machine.travel(start + dt.timedelta(days=day)):
            pair = shopper.refresh(pair["refresh_token"]).json
    last = pair["expires_in"]
    with time_machine.travel(start + dt.timedelta(days=90, seconds=1)):
        late = [shopper.refresh(pair["refresh_token"]).status_code, shopper.me(pair["access_token"]).status_code]

    assert 0 < last <= 864 + 1  # what was left of the ninety days, not an hour
    assert late == [400, 401]


def test_28_a_refresh_token_that_rests_for_thirty_days_is_over(shopper: App) -> None:
    pair = shopper.tokens()

    with later(days=30, seconds=1):
        assert error(shopper.refresh(pair["refresh_token"])) == (400, "invalid_grant")


def test_29_a_client_gives_itself_no_scope_of_a_member(server: App) -> None:
    both = server.alike()
    access.set_scopes(both.client_id, ["me", "members:read"])
    named = both.token(grant_type="client_credentials", scope="me")
    mixed = both.token(grant_type="client_credentials", scope="me members:read")
    unnamed = both.token(grant_type="client_credentials")

    only_app = server.token(grant_type="client_credentials", scope="me")

    assert error(named) == error(mixed) == (400, "invalid_scope")
    assert unnamed.json["scope"] == "members:read"
    assert "refresh_token" not in unnamed.json
    assert error(only_app) == (400, "unauthorized_client")


def test_29_a_public_app_has_no_token_of_its_own(shopper: App) -> None:
    assert error(shopper.token(grant_type="client_credentials")) == (401, "invalid_client")


def test_30_31_nothing_is_given_for_a_get_nor_for_what_stands_in_the_address(shopper: App) -> None:
    browser, code = shopper.app.test_client(), shopper.code()
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    named = asked | {"client_id": shopper.client_id}
    paths = ("/oauth/token", "/oauth/revoke", "/oauth/introspect")

    got = [browser.get(path, query_string=named | {"token": "x"}) for path in paths]
    written = [browser.post(path, query_string=SECRETS, data=named | {"token": "x"}) for path in paths]

    assert {answer.status_code for answer in got} == {405}
    assert {error(answer) for answer in written} == {(400, "invalid_request")}
    assert shopper.redeem(code).status_code == 200


def test_32_no_answer_may_be_kept(shopper: App) -> None:
    post, code = shopper.app.test_client().post, shopper.code()
    answers = [
        shopper.redeem(code),
        shopper.redeem(code),
        post("/oauth/revoke", data={"client_id": shopper.client_id, "token": "x"}),
        post("/oauth/introspect", data={"token": "x"}),
        post("/oauth/token", data={}),
        shopper.decide(),
    ]

    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
def test_33_a_body_of_more_than_16_kb_is_refused(server: App, path: str) -> None:
    big = server.app.test_client().post(
        path, data={"grant_type": "x", "token": "y" * 17_000}, auth=(server.client_id, server.secret)
    )

    assert error(big) == (413, "invalid_request")


def test_35_an_unknown_client_and_a_wrong_secret_differ_in_nothing(server: App) -> None:
    asked = {"grant_type": "client_credentials"}
    post = server.app.test_client().post
    told, cost = [], []
    for auth in ((server.client_id, "secret_wrong"), ("client_0123456789abcdef", "secret_wrong")):
        with statements() as sent:
            answer = post("/oauth/token", data=asked, auth=auth)
        told.append((answer.status_code, answer.get_data(), answer.headers["WWW-Authenticate"]))
        cost.append(len(sent))

    assert told[0] == told[1]
    assert cost[0] == cost[1] > 0  # the time of both is that of one look-up and one SHA-256


def test_a_member_who_may_not_sign_in_any_more_redeems_and_refreshes_nothing(shopper: App) -> None:
    pair, code = shopper.tokens(), shopper.code()

    transact(lambda: execute("UPDATE user_account SET active = false"))

    assert error(shopper.redeem(code)) == (400, "invalid_grant")
    assert error(shopper.refresh(pair["refresh_token"])) == (400, "invalid_grant")


def test_what_is_over_is_forgotten_and_what_is_not_stays(shopper: App) -> None:
    shopper.code()
    shopper.tokens()

    soon = [oauth.clear_allowances(10), oauth.clear_refresh_tokens(10), oauth.clear_assertions(10)]
    with later(days=2):
        never_taken_up = oauth.clear_allowances(10)
    with later(days=32):
        idle = oauth.clear_refresh_tokens(10)
    with later(days=92):
        ended = [oauth.clear_allowances(10), oauth.clear_allowances(10)]

    assert (soon, never_taken_up, idle, ended) == ([0, 0, 0], 1, 1, [1, 0])
