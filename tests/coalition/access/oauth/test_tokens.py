"""Tokens at the API: cases 36 to 46 of the security plan. What of 43 (JWT) there is, is in `test_proving`."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition import access, members
from coalition.access import oauth
from coalition.access.clients import hash_of
from coalition.kernel import clock, ids
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import NotFound
from tests.coalition.access.oauth.app import PASSWORD, App, sign_in
from tests.coalition.members.builders import a_member

TABLES = ("oauth_client", "oauth_grant", "oauth_code", "oauth_refresh", "oauth_token", "oauth_assertion", "audit")


def soon() -> Any:
    """A second later: what one process remembers is forgotten."""
    return time_machine.travel(clock.now() + dt.timedelta(seconds=1.01))


def bearer(app: App, path: str, token: str, method: str = "GET", **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return app.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **more)


def test_36_nothing_that_opens_anything_is_kept_in_clear(server: App, session: Session) -> None:
    code = server.code()
    pair = server.redeem(code).json

    kept = "".join(str(session.execute(text(f"SELECT t::text FROM {table} t")).all()) for table in TABLES)

    for secret in (code, pair["access_token"], pair["refresh_token"], server.secret):
        assert secret not in kept
        assert secret.partition("_")[2] not in kept


def test_37_a_token_in_an_address_or_a_body_opens_nothing(shopper: App) -> None:
    token = shopper.tokens()["access_token"]
    browser = shopper.app.test_client()

    answers = [
        browser.get("/api/v1/me", query_string={"access_token": token}),
        browser.post("/api/v1/me/proofs", data={"access_token": token}),
        browser.post("/api/v1/me/proofs", json={"access_token": token}),
    ]

    assert {answer.status_code for answer in answers} == {401}


def test_38_a_token_that_is_over_is_refused_within_a_second(shopper: App, session: Session) -> None:
    expired, revoked, withdrawn = (shopper.tokens()["access_token"] for _ in range(3))
    opened = [shopper.me(token).status_code for token in (expired, revoked, withdrawn)]
    session.execute(
        text("UPDATE oauth_token SET revoked_at = now() WHERE token_hash = :hash"), {"hash": hash_of(revoked)}
    )
    oauth.withdraw(_user(session), shopper.client_id)

    with soon():
        early = [shopper.me(token).status_code for token in (revoked, withdrawn)]
    with time_machine.travel(clock.now() + dt.timedelta(hours=1, seconds=1)):
        late = shopper.me(expired).status_code

    assert opened == [200, 200, 200]
    assert early == [401, 401]
    assert late == 401


def test_39_a_member_s_token_opens_no_door_of_a_partner_and_no_other_member(shopper: App) -> None:
    other = transact(lambda: a_member(shopper.program, shopper.partner, card="100200301"))
    token = shopper.tokens()["access_token"]
    other_id = ids.public("mbr", other.id)

    refused = [
        bearer(shopper, f"/members/{other_id}", token),
        bearer(shopper, f"/members/{other_id}/balances", token),
        bearer(shopper, "/purchases?external_id=R-1", token),
        bearer(shopper, "/members/lookup", token, "POST", json={"kind": "card", "value": "100200301"}),
        bearer(shopper, "/holds", token, "POST", json={}),
    ]
    mine = [shopper.me(token, path) for path in ("", "/balances", "/movements", "/orders")]
    named = [bearer(shopper, f"/me?member={other_id}", token), bearer(shopper, f"/me/{other_id}", token)]

    assert {answer.status_code for answer in refused} == {403}
    assert {answer.status_code for answer in mine} == {200}
    assert all(other_id not in answer.text for answer in [*mine, *named])


def test_40_each_scope_opens_its_own_doors_alone(server: App) -> None:
    both = server.alike()
    access.set_scopes(both.client_id, ["me", "members:read", "catalog:read"])
    own = both.token(grant_type="client_credentials", scope="catalog:read").json["access_token"]

    answers = [both.me(own), bearer(both, "/members/x", own), bearer(both, "/statements", own)]

    assert {answer.status_code for answer in answers} == {403}
    assert {answer.json["code"] for answer in answers} == {"insufficient_scope"}


def test_41_a_member_who_may_not_sign_in_or_is_no_more_has_no_tokens(shopper: App) -> None:
    token = shopper.tokens()["access_token"]

    transact(lambda: execute("UPDATE user_account SET active = false"))
    with soon():
        locked_out = shopper.me(token).status_code
    transact(lambda: execute("UPDATE user_account SET active = true"))
    transact(lambda: execute("UPDATE member SET state = 'closed'"))
    with soon():
        closed = [shopper.me(token, path).status_code for path in ("", "/balances", "/movements", "/orders")]

    assert locked_out == 401
    assert set(closed) == {401}


def test_41_an_app_that_is_switched_off_or_narrowed_is_out_within_a_second(shopper: App, server: App) -> None:
    off, narrowed = shopper.tokens()["access_token"], server.tokens()["access_token"]

    access.set_client_active(shopper.client_id, False)
    access.set_scopes(server.client_id, ["members:read"])

    with soon():
        assert shopper.me(off).status_code == 401
        assert server.me(narrowed).status_code == 403


def test_41_who_was_merged_is_who_they_are_today(shopper: App) -> None:
    token, into = shopper.tokens()["access_token"], transact(lambda: a_member(shopper.program, shopper.partner))

    transact(lambda: members.merge(shopper.program.id, shopper.member.id, into.id, reason="one person"))

    assert shopper.me(token).json["id"] == ids.public("mbr", into.id)


def test_42_introspection_needs_proof_and_knows_own_tokens_only(server: App, shopper: App) -> None:
    pair, other = server.tokens(), server.alike()

    told = ask(server, "introspect", pair["access_token"]).json
    fresh = ask(server, "introspect", pair["refresh_token"]).json
    unproven = [
        server.app.test_client().post("/oauth/introspect", data={"token": pair["access_token"]}),
        ask(shopper, "introspect", pair["access_token"]),
    ]
    strangers = [ask(other, "introspect", pair["access_token"]), ask(server, "introspect", "token_of_nobody")]

    assert (told["active"], told["scope"], told["client_id"]) == (True, "me", server.client_id)
    assert told["sub"] == ids.public("mbr", server.member.id)
    assert told["exp"] - told["iat"] == 3600
    assert (fresh["active"], fresh["token_type"]) == (True, "refresh_token")
    assert {answer.status_code for answer in unproven} == {401}
    assert [answer.json for answer in strangers] == [{"active": False}, {"active": False}]


def test_42_revocation_ends_own_tokens_only_and_says_the_same_of_any(server: App, shopper: App) -> None:
    pair, mine = server.tokens(), shopper.tokens()

    strangers = [ask(shopper, "revoke", pair[name]) for name in ("access_token", "refresh_token")]
    alive = server.me(pair["access_token"]).status_code
    answers = [ask(shopper, "revoke", mine["access_token"]), ask(shopper, "revoke", "token_of_nobody")]

    assert {(answer.status_code, answer.get_data()) for answer in [*strangers, *answers]} == {(200, b"{}")}
    assert alive == 200
    assert shopper.me(mine["access_token"]).status_code == 401
    assert shopper.refresh(mine["refresh_token"]).status_code == 200


def test_42_revoking_a_refresh_token_ends_its_allowance(server: App) -> None:
    first, other = server.tokens(), server.tokens()
    second = server.refresh(first["refresh_token"]).json

    ask(server, "revoke", second["refresh_token"], token_type_hint="refresh_token")

    with soon():
        assert [server.me(pair["access_token"]).status_code for pair in (first, second, other)] == [401, 401, 200]
    assert server.refresh(second["refresh_token"]).status_code == 400
    assert ask(server, "introspect", second["access_token"]).json == {"active": False}


def test_42_an_unknown_hint_is_refused(server: App) -> None:
    answer = ask(server, "revoke", "x", token_type_hint="id_token")

    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_token_type")


def test_44_nothing_that_is_printed_on_a_card_or_known_to_friends_buys_a_token(shopper: App, session: Session) -> None:
    known = {
        "surname": "Ozola",
        "last_name": "Ozola",
        "card": "100200300",
        "username": "Ozola",
        "password": "100200300",
    }
    grants = ("password", "card", "urn:ietf:params:oauth:grant-type:card", "client_credentials", "authorization_code")

    answers = [shopper.token(grant_type=grant, **known) for grant in grants]

    assert all(answer.status_code in (400, 401) for answer in answers)
    assert session.execute(text("SELECT count(*) FROM oauth_token")).scalar() == 0


def test_45_a_secret_is_told_once_and_changes_with_an_overlap(server: App) -> None:
    view = repr(access.clients_of(server.partner.id))
    new = access.rotate_secret(server.client_id, overlap_s=60)

    ask_with = [ask(server, "introspect", "x"), ask(App(**{**vars(server), "secret": new}), "introspect", "x")]
    with time_machine.travel(clock.now() + dt.timedelta(seconds=61)):
        old_is_over = ask(server, "introspect", "x")

    assert server.secret not in view
    assert {answer.status_code for answer in ask_with} == {200}
    assert old_is_over.status_code == 401


def test_46_a_member_sees_what_was_allowed_and_takes_it_back(shopper: App, server: App) -> None:
    pair, other = shopper.tokens(), server.tokens()
    page = shopper.browser.get("/account/apps")

    done = shopper.browser.post(f"/account/apps/{shopper.client_id}/withdraw", follow_redirects=True)
    again = shopper.browser.post(f"/account/apps/{shopper.client_id}/withdraw", follow_redirects=True)

    assert all(told in page.text for told in ("Shopper", "Other", shopper.partner.name, "See your name"))
    assert "The app cannot act for you any more." in done.text
    assert "Shopper" not in done.text
    assert again.status_code == 200
    with soon():
        assert shopper.me(pair["access_token"]).status_code == 401
        assert server.me(other["access_token"]).status_code == 200
    assert shopper.refresh(pair["refresh_token"]).status_code == 400


def test_46_nobody_takes_back_what_somebody_else_allowed(shopper: App, app: Flask, session: Session) -> None:
    pair = shopper.tokens()
    boris = transact(lambda: a_member(shopper.program, shopper.partner, card="7"))
    transact(
        lambda: access.create_user(
            "boris@coral.example", PASSWORD, ["member"], f"member:{boris.id}", program_id=shopper.program.id
        )
    )
    browser = app.test_client()
    sign_in(browser, "boris@coral.example")

    page = browser.get("/account/apps")
    browser.post(f"/account/apps/{shopper.client_id}/withdraw")
    user = session.execute(text("SELECT id FROM user_account WHERE email LIKE 'boris%'")).scalar_one()
    with pytest.raises(NotFound):
        oauth.withdraw(user, shopper.client_id)

    assert "No app acts for you" in page.text
    with soon():
        assert shopper.me(pair["access_token"]).status_code == 200


def test_each_token_and_each_allowance_leaves_a_trail(shopper: App) -> None:
    pair = shopper.tokens()
    shopper.refresh(pair["refresh_token"])
    shopper.refresh(pair["refresh_token"])

    events = access.token_events(shopper.client_id).items

    assert [one.action for one in events] == [
        "grant.revoked",
        "token.issued",
        "token.issued",
        "grant.given",
        "client.created",
    ]
    assert events[0].details["why"] == "refresh_reuse"
    assert events[1].actor.startswith("client:")
    assert events[3].actor.startswith("user:")


def ask(app: App, endpoint: str, token: str, **more: str) -> Any:
    """The app asks about a token, or gives it back."""
    auth = (app.client_id, app.secret) if app.secret else None
    named = {} if app.secret else {"client_id": app.client_id}
    return app.app.test_client().post(f"/oauth/{endpoint}", data=named | {"token": token} | more, auth=auth)


def _user(session: Session) -> int:
    return int(session.execute(text("SELECT id FROM user_account")).scalar_one())
