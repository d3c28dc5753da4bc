"""How often one may come: case 34 of the security plan, with a Valkey that is there and one that is not."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis
from flask import Flask

from coalition import access
from coalition.kernel.config import Config, ConfigError, load
from coalition.kernel.db import db, transact
from coalition.kernel.entrance import Rates
from tests.databases import clone, drop
from wsgi import create_app

_addresses = itertools.count(1)


@pytest.fixture
def address() -> str:
    """An address that nobody else comes from, in any run."""
    return f"2001:db8::{uuid.uuid4().hex[:4]}:{next(_addresses):x}"


def braked(config: Config, **allowed: str) -> Flask:
    """The application with rates of the test."""
    app = create_app(replace(config, rates=replace(Rates("off", "off", "off"), **allowed)))
    app.config.update(TESTING=True)
    return app


def a_client(app: Flask, scopes: list[str] | None = None) -> tuple[str, str]:
    with app.app_context():
        return transact(lambda: access.create_client(1, 7, "Tills", scopes or ["members:read"]))


def ask(app: Flask, auth: tuple[str, str], address: str) -> Any:
    form = {"grant_type": "client_credentials"}
    return app.test_client().post("/oauth/token", data=form, auth=auth, environ_base={"REMOTE_ADDR": address})


def call(app: Flask, token: str | None, address: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    path = "/api/v1/purchases?external_id=R-1"
    return app.test_client().get(path, headers=headers, environ_base={"REMOTE_ADDR": address})


@pytest.fixture(scope="module")
def ground(base_config: Config) -> Iterator[Config]:
    """A database for all tests here: each has clients and addresses of its own."""
    url = clone(f"rates_{os.getpid()}")
    name = url.rsplit("/", 1)[1]
    yield replace(base_config, database_url=base_config.database_url.rsplit("/", 1)[0] + f"/{name}", owner_url=url)
    drop(url)


@pytest.fixture(scope="module")
def slow(ground: Config) -> Iterator[Flask]:
    """Three tokens a client, five requests for one an address, four calls of the API an hour."""
    app = braked(ground, token="3/hour", token_address="5/hour", api="4/hour")
    yield app
    let_go(app)


def let_go(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_34_a_client_that_asks_for_too_many_tokens_is_told_to_wait(slow: Flask, address: str) -> None:
    tills = a_client(slow)

    answers = [ask(slow, tills, f"{address}{n}") for n in range(4)]
    other = ask(slow, a_client(slow), address)

    refused = answers[-1]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert refused.mimetype == "application/problem+json"
    assert (refused.json["code"], refused.json["error"], refused.json["retryable"]) == (
        "too_many_requests",
        "slow_down",
        True,
    )
    assert 0 < int(refused.headers["Retry-After"]) <= 3601
    assert refused.headers["Cache-Control"] == "no-store"
    assert other.status_code == 200


def test_34_nobody_uses_up_a_client_s_share_by_naming_it(slow: Flask, address: str) -> None:
    tills = a_client(slow)

    guesses = [ask(slow, (tills[0], "wrong"), f"{address}{n}").status_code for n in range(6)]

    assert set(guesses) == {401}
    assert ask(slow, tills, address).status_code == 200


def test_34_an_address_that_asks_too_often_is_told_to_wait_whomever_it_names(slow: Flask, address: str) -> None:
    post = slow.test_client().post
    paths = ["token", "revoke", "introspect", "token", "revoke", "token", "introspect"]

    answers = [post(f"/oauth/{path}", environ_base={"REMOTE_ADDR": address}).status_code for path in paths]
    elsewhere = ask(slow, a_client(slow), f"{address}1")

    assert answers == [400] * 5 + [429] * 2
    assert elsewhere.status_code == 200


def test_34_a_client_that_calls_too_often_is_told_to_wait_whatever_it_calls_and_from_where(
    slow: Flask, address: str
) -> None:
    tokens = [ask(slow, a_client(slow, ["purchases:read"]), address).json["access_token"] for _ in range(2)]

    calls = [call(slow, tokens[0], f"{address}{n}") for n in range(4)]
    calls.append(slow.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {tokens[0]}"}))
    other = call(slow, tokens[1], address)

    assert [answer.status_code for answer in calls] == [200, 200, 200, 200, 429]
    assert calls[-1].json["code"] == "too_many_requests"
    assert int(calls[-1].headers["Retry-After"]) > 0
    assert other.status_code == 200


def test_34_strangers_are_counted_by_address(slow: Flask, address: str) -> None:
    answers = [call(slow, token, address).status_code for token in (None, "x", "y", None, "z")]

    assert answers == [401, 401, 401, 401, 429]
    assert call(slow, None, f"{address}1").status_code == 401


def test_pages_are_not_counted_with_the_api(slow: Flask, address: str) -> None:
    opened = [slow.test_client().get("/login", environ_base={"REMOTE_ADDR": address}).status_code for _ in range(6)]

    assert set(opened) == {200}


def test_two_processes_count_together(ground: Config, address: str) -> None:
    here, there = braked(ground, token="3/hour"), braked(ground, token="3/hour")
    tills = a_client(here)

    answers = [ask(app, tills, address).status_code for app in (here, there, here, there)]

    let_go(here)
    let_go(there)
    assert answers == [200, 200, 200, 429]


def test_without_valkey_each_process_counts_for_itself_and_nothing_fails(ground: Config, address: str) -> None:
    gone = "redis://127.0.0.1:1/0"
    app = braked(replace(ground, redis_url=gone), token="3/hour", api="4/hour")
    tills = a_client(app, ["purchases:read"])

    given = [ask(app, tills, address) for _ in range(4)]
    called = [call(app, given[0].json["access_token"], address).status_code for _ in range(5)]

    let_go(app)
    with pytest.raises(redis.exceptions.ConnectionError):
        redis.Redis.from_url(gone).ping()
    assert [answer.status_code for answer in given] == [200, 200, 200, 429]
    assert called == [200] * 4 + [429]


@pytest.mark.parametrize("rate", ["", "many", "0/second", "5/fortnight", "-1/minute", "5"])
def test_a_rate_that_is_none_is_told_at_start(rate: str) -> None:
    given = {"COALITION_ENV": "test", "DATABASE_URL": "postgresql://x/y", "SECRET_KEY": "x" * 40}

    with pytest.raises(ConfigError) as error:
        load(given | {"API_RATE": rate or " "})

    assert any("API_RATE" in told for told in error.value.problems)
