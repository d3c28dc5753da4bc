"""Tokens and clients: what proves a client, and how soon what is withdrawn stops working."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition import access
from coalition.kernel import clock
from coalition.kernel.errors import Forbidden, Invalid, Unauthorized


@pytest.fixture
def client(app: Flask) -> tuple[str, str]:
    return access.create_client(1, 7, "Tills", ["purchases:write", "members:read"])


def test_a_token_names_its_client_and_its_own_scopes(client: tuple[str, str]) -> None:
    token = access.issue_token(*client, ["members:read"])

    found = access.authenticate(token.value)

    assert (found.program_id, found.partner_id, found.client_id) == (1, 7, client[0])
    assert found.scopes == {"members:read"}


def test_secrets_and_tokens_are_kept_as_hashes_only(client: tuple[str, str], session: Session) -> None:
    token = access.issue_token(*client, ["members:read"])

    tables = ("oauth_client", "oauth_token", "audit")
    kept = "".join(str(session.execute(text(f"SELECT t::text FROM {table} t")).all()) for table in tables)

    assert client[1] not in kept
    assert token.value not in kept


def test_an_unknown_client_and_a_wrong_secret_are_refused_alike(client: tuple[str, str]) -> None:
    proofs = [(client[0], "secret_wrong"), ("client_unknown", client[1]), ("a\0b\ud800", "\ud800")]

    refusals = set()
    for client_id, secret in proofs:
        with pytest.raises(Unauthorized) as refusal:
            access.issue_token(client_id, secret, [])
        refusals.add(str(refusal.value))

    assert len(refusals) == 1


def test_no_scope_beyond_the_clients_is_granted(client: tuple[str, str]) -> None:
    with pytest.raises(Forbidden):
        access.issue_token(*client, ["members:read", "statements:read"])


def test_a_client_cannot_be_created_with_an_unknown_scope(app: Flask) -> None:
    with pytest.raises(Invalid):
        access.create_client(1, 7, "Tills", ["everything"])


def test_a_token_dies_an_hour_after_it_was_issued(client: tuple[str, str]) -> None:
    token = access.issue_token(*client, [])
    access.authenticate(token.value)

    with time_machine.travel(clock.now() + dt.timedelta(seconds=3601)), pytest.raises(Unauthorized):
        access.authenticate(token.value)


def test_a_revoked_token_is_refused_at_once_here_and_within_a_second_elsewhere(
    client: tuple[str, str], session: Session
) -> None:
    here, elsewhere = (access.issue_token(*client, []).value for _ in range(2))
    access.authenticate(here)
    access.authenticate(elsewhere)

    access.revoke(here)
    session.execute(text("UPDATE oauth_token SET revoked_at = now()"))  # as another process would

    with pytest.raises(Unauthorized):
        access.authenticate(here)
    with time_machine.travel(clock.now() + dt.timedelta(seconds=1.01)), pytest.raises(Unauthorized):
        access.authenticate(elsewhere)


def test_switching_a_client_off_kills_its_tokens_within_a_second(client: tuple[str, str]) -> None:
    token = access.issue_token(*client, [])

    access.set_client_active(client[0], False)

    with pytest.raises(Unauthorized):
        access.authenticate(token.value)
    with pytest.raises(Unauthorized):
        access.issue_token(*client, [])


def test_narrowing_a_client_narrows_its_tokens(client: tuple[str, str], session: Session) -> None:
    token = access.issue_token(*client, ["members:read", "purchases:write"])

    session.execute(text("UPDATE oauth_client SET scopes = '{members:read}'"))

    assert access.authenticate(token.value).scopes == {"members:read"}


def test_tokens_long_expired_are_forgotten(client: tuple[str, str]) -> None:
    access.issue_token(*client, [])

    with time_machine.travel(clock.now() + dt.timedelta(days=2)):
        cleared = [access.clear_expired_tokens(10), access.clear_expired_tokens(10)]

    assert cleared == [1, 0]


@pytest.mark.parametrize("text", ["", "x", "token_unknown", "z" * 201, "\ud800", "tökén", "a\0b"])
def test_any_other_text_is_no_token(app: Flask, text: str) -> None:
    with pytest.raises(Unauthorized):
        access.authenticate(text)
