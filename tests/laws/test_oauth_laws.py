"""Each law of what members allow sees the crime it is there for."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.access import oauth
from coalition.kernel import laws
from coalition.kernel.db import execute, transact
from tests.coalition.access.oauth.app import App, an_app, sign_in

CRIMES = {
    "OA1": "UPDATE oauth_token SET oauth_client_id = (SELECT max(id) FROM oauth_client)",
    "OA2": "UPDATE oauth_client SET program_id = program_id + 1",
    "OA3": "UPDATE oauth_refresh SET expires_at = expires_at + interval '100 days'",
    "OA4": "UPDATE oauth_code SET used_at = NULL",
    "OA5": "INSERT INTO oauth_token (token_hash, oauth_client_id, grant_id, scopes, issued_at, expires_at)"
    " SELECT sha256(token_hash), oauth_client_id, grant_id, scopes, issued_at, expires_at FROM oauth_token",
}


@pytest.mark.parametrize("law", oauth.laws(), ids=lambda law: law.code)
def test_a_law_holds_until_it_is_broken(app: Flask, law: laws.Law) -> None:
    shopper: App = transact(lambda: an_app(app))
    transact(shopper.alike)
    sign_in(shopper.browser)
    shopper.refresh(shopper.tokens()["refresh_token"])
    assert laws.offending(law) == 0

    transact(lambda: execute(CRIMES[law.code]))

    assert laws.offending(law) >= 1
