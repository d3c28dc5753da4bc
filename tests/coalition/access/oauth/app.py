"""An app of a partner in tests: it sends members to us, takes its codes to the token endpoint, and refreshes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.access import oauth
from coalition.kernel.db import fetch_one
from coalition.members import Member
from coalition.partners import Partner
from coalition.programs import Program
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member

PASSWORD = "correct horse battery"
CALLBACK = "https://app.example/back"
VERIFIER = "a" * 20 + "-._~" + "Z9" * 20
ISSUER = "http://127.0.0.1:5000"


@dataclass(frozen=True)
class App:
    """An app, the member it asks, and the browser in which that member may be signed in."""

    app: Flask
    program: Program
    partner: Partner
    member: Member
    browser: FlaskClient
    client_id: str
    secret: str = ""

    def address(self, **changed: Any) -> dict[str, Any]:
        """The parameters of a sound request, but for what is changed (None: left out)."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": "me",
            "state": "s t&a=t?e",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (asked | changed).items() if value is not None}

    def ask(self, **changed: Any) -> Any:
        """The member's browser at the authorization endpoint."""
        return self.browser.get("/oauth/authorize", query_string=self.address(**changed))

    def decide(self, decision: str = "allow", **changed: Any) -> Any:
        """What the consent page's form sends."""
        return self.browser.post("/oauth/authorize", data=self.address(**changed) | {"decision": decision})

    def code(self, **changed: Any) -> str:
        """A code that the member has just allowed."""
        return answer_of(self.decide(**changed))["code"]

    def token(self, **form: Any) -> Any:
        """The token endpoint, proven as this app proves itself."""
        named = {} if self.secret else {"client_id": self.client_id}
        auth = (self.client_id, self.secret) if self.secret else None
        return self.app.test_client().post("/oauth/token", data=named | form, auth=auth)

    def redeem(self, code: str, **changed: Any) -> Any:
        """Trade a code."""
        proof = {"redirect_uri": CALLBACK, "code_verifier": VERIFIER} | changed
        sent = {name: value for name, value in proof.items() if value is not None}
        return self.token(grant_type="authorization_code", code=code, **sent)

    def refresh(self, refresh: str, **form: Any) -> Any:
        """Trade a refresh token."""
        return self.token(grant_type="refresh_token", refresh_token=refresh, **form)

    def tokens(self) -> dict[str, Any]:
        """A new pair of tokens."""
        answer = self.redeem(self.code())
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def me(self, token: str, path: str = "") -> Any:
        """The member's own data, read with a token."""
        return self.app.test_client().get(f"/api/v1/me{path}", headers={"Authorization": f"Bearer {token}"})

    def alike(self, partner: Partner | None = None, **kind: Any) -> App:
        """Another app, which asks the same member in the same browser."""
        owner = partner or self.partner
        client_id, secret = access.create_client(
            self.program.id, owner.id, "Other", ["me"], **({"redirect_uris": [CALLBACK]} | kind)
        )
        return replace(self, client_id=client_id, secret=secret)


def an_app(app: Flask, kind: str = "public") -> App:
    """An app of a shop and Anna, signed in. Call it inside a transaction; then `sign_in`."""
    program = a_program()
    partner = a_partner(program)
    member = a_member(program, partner, card="100200300")
    owner = f"member:{member.id}"
    access.create_user("anna@coral.example", PASSWORD, ["member"], owner, program_id=program.id)
    client_id, secret = access.create_client(
        program.id, partner.id, "Shopper", ["me"], kind=kind, redirect_uris=[CALLBACK]
    )
    return App(app, program, partner, member, app.test_client(), client_id, secret)


def sign_in(browser: FlaskClient, email: str = "anna@coral.example") -> Any:
    """Sign in by the page."""
    return browser.post("/login", data={"email": email, "password": PASSWORD})


def a_token_of(email: str, client_id: str) -> str:
    """An access token that a member has allowed an app, without a browser."""
    client, user = (
        access.named_client(client_id),
        fetch_one("SELECT id FROM user_account WHERE email = :e", {"e": email}),
    )
    assert client is not None
    assert user is not None
    wish = oauth.Wish(client, CALLBACK, client.member_scopes, None, challenge_of(VERIFIER))
    allowance = oauth.claim_code(client, oauth.allow(user.id, wish))
    assert allowance is not None
    return oauth.issue_pair(client, allowance, allowance.scopes).access.value


def challenge_of(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def answer_of(response: Any, callback: str = CALLBACK) -> dict[str, str]:
    """The parameters with which the browser was sent back to the app."""
    assert response.status_code == 303, response.text[:500]
    place, _, query = response.headers["Location"].partition("?")
    assert place == callback.partition("?")[0]
    assert len(parse_qs(query)) == len(parse_qsl(query))
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))
