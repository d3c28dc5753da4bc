"""Eight at once with one code, one refresh token, one assertion: cases 20 and 25. Real commits, real threads.

`OAUTH_ROUNDS` says how often (a few by default, 1,000 in `make campaign`).
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from coalition import access
from coalition.access import oauth
from coalition.kernel import jobs
from coalition.kernel.db import fetch_all, transact
from tests.coalition.access.oauth.app import CALLBACK, VERIFIER, App, an_app, challenge_of
from tests.coalition.access.oauth.keys import a_key, public_keys
from tests.coalition.access.oauth.test_proving import claims, signed

ROUNDS = int(os.environ.get("OAUTH_ROUNDS", "6"))
AT_ONCE = 8


@pytest.fixture
def shopper(live: Flask) -> App:
    """An app and its member on a database of their own; what is to be told of them has been told."""
    with live.app_context():
        made = transact(lambda: an_app(live))
        jobs.run_due()
        return made


def together(work: Callable[[], Any], pool: ThreadPoolExecutor) -> list[Any]:
    """Let eight do the same, all of them let go at one moment."""
    barrier = threading.Barrier(AT_ONCE)

    def wait_and_work() -> Any:
        barrier.wait()
        return work()

    return [future.result() for future in [pool.submit(wait_and_work) for _ in range(AT_ONCE)]]


def code(shopper: App) -> str:
    """A code, given without a browser."""

    def work() -> str:
        client = access.named_client(shopper.client_id)
        assert client is not None
        wish = oauth.Wish(client, CALLBACK, frozenset({"me"}), None, challenge_of(VERIFIER))
        (user,) = fetch_all("SELECT id FROM user_account")
        return oauth.allow(user.id, wish)

    with shopper.app.app_context():
        return transact(work)


def alive(shopper: App) -> tuple[int, int]:
    """How many access and refresh tokens still open anything."""
    with shopper.app.app_context():
        rows = transact(
            lambda: fetch_all(
                "SELECT (SELECT count(*) FROM oauth_token t JOIN oauth_grant g ON g.id = t.grant_id"
                "         WHERE g.revoked_at IS NULL AND t.revoked_at IS NULL) AS access,"
                "       (SELECT count(*) FROM oauth_refresh r JOIN oauth_grant g ON g.id = r.grant_id"
                "         WHERE g.revoked_at IS NULL AND r.used_at IS NULL) AS refresh"
            )
        )
    return rows[0].access, rows[0].refresh


def test_20_of_eight_with_one_code_one_wins_and_its_tokens_die(shopper: App) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(ROUNDS):
            value = code(shopper)

            answers = together(lambda value=value: shopper.redeem(value), pool)  # type: ignore[misc]

            assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)
            assert alive(shopper) == (0, 0)


def test_25_of_eight_with_one_refresh_token_one_wins_and_the_allowance_dies(shopper: App) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(ROUNDS):
            refresh = shopper.redeem(code(shopper)).json["refresh_token"]

            answers = together(lambda refresh=refresh: shopper.refresh(refresh), pool)  # type: ignore[misc]

            assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)
            assert alive(shopper) == (0, 0)


def test_of_eight_with_one_assertion_one_is_proven(live: Flask) -> None:
    with live.app_context():
        keys = public_keys(a_key("ES256"))
        made = transact(lambda: access.create_client(1, 7, "S", ["members:read"], kind="private_key_jwt", jwks=keys))
    form = {"grant_type": "client_credentials", "client_assertion_type": oauth.ASSERTION_TYPE}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(ROUNDS):
            proof = form | {"client_assertion": signed(claims(made[0], jti=str(uuid.uuid4())))}
            post = live.test_client().post

            answers = together(lambda proof=proof, post=post: post("/oauth/token", data=proof), pool)  # type: ignore[misc]

            assert sorted(answer.status_code for answer in answers) == [200] + [401] * (AT_ONCE - 1)


def test_taking_back_while_an_app_refreshes_leaves_nothing_alive(shopper: App) -> None:
    with ThreadPoolExecutor(2) as pool, shopper.app.app_context():
        (user,) = transact(lambda: fetch_all("SELECT id FROM user_account"))
        for _ in range(ROUNDS):
            refresh = shopper.redeem(code(shopper)).json["refresh_token"]

            refreshing = pool.submit(shopper.refresh, refresh)
            transact(lambda: oauth.withdraw(user.id, shopper.client_id))
            refreshing.result()

            assert alive(shopper) == (0, 0)
