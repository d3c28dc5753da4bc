"""private_key_jwt: case 43 of the security plan for the one place where JWTs are (RFC 7523, RFC 8725)."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
import uuid
from typing import Any

import pytest
import time_machine
from flask import Flask
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition import access
from coalition.access import oauth
from coalition.kernel import clock
from tests.coalition.access.oauth.app import ISSUER
from tests.coalition.access.oauth.keys import a_key, public_keys

OURS = (ISSUER, f"{ISSUER}/oauth/token")
KEYS = {name: a_key(name) for name in ("ES256", "RS256", "PS256")}


@pytest.fixture
def client_id(app: Flask) -> str:
    keys = public_keys(*KEYS.values())
    return access.create_client(1, 7, "Signing", ["members:read"], kind="private_key_jwt", jwks=keys)[0]


def claims(client_id: str, **changed: Any) -> dict[str, Any]:
    """Sound claims, but for what is changed (None: left out)."""
    now = int(clock.now().timestamp())
    sound = {"iss": client_id, "sub": client_id, "aud": ISSUER, "exp": now + 60, "iat": now, "jti": str(uuid.uuid4())}
    return {name: value for name, value in (sound | changed).items() if value is not None}


def signed(body: dict[str, Any], algorithm: str = "ES256", key: Any = None, **header: Any) -> str:
    pair = key or KEYS[algorithm]
    head = {"alg": algorithm, "kid": pair.kid, "typ": "JWT"} | header
    told = by_hand(head, body).rpartition(".")[0]
    return by_hand(head, body, jws.JWSRegistry.algorithms[algorithm].sign(told.encode(), pair))


def by_hand(header: dict[str, Any], body: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(part).encode() for part in (header, body)] + [signature]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def by_hmac(header: dict[str, Any], body: dict[str, Any], secret: bytes) -> str:
    told = by_hand(header, body).rpartition(".")[0]
    return by_hand(header, body, hmac.digest(secret, told.encode(), "sha256"))


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("audience", OURS)
def test_a_signed_assertion_buys_a_token(app: Flask, client_id: str, algorithm: str, audience: str) -> None:
    form = {"grant_type": "client_credentials", "client_assertion_type": oauth.ASSERTION_TYPE}
    assertion = signed(claims(client_id, aud=audience), algorithm)

    answer = app.test_client().post("/oauth/token", data=form | {"client_assertion": assertion})
    other_name = app.test_client().post(
        "/oauth/token", data=form | {"client_assertion": signed(claims(client_id)), "client_id": "client_other"}
    )

    assert answer.status_code == 200, answer.text
    assert access.authenticate(answer.json["access_token"]).client_id == client_id
    assert other_name.status_code == 401


def test_an_assertion_proves_once(client_id: str) -> None:
    assertion = signed(claims(client_id))

    proven = [oauth.verify_assertion(assertion, OURS) is not None for _ in range(3)]

    assert proven == [True, False, False]


def test_the_same_number_in_another_assertion_is_the_same_assertion(client_id: str) -> None:
    first, second = (signed(claims(client_id, jti="one", exp=int(clock.now().timestamp()) + n)) for n in (50, 60))

    assert oauth.verify_assertion(first, OURS) is not None
    assert oauth.verify_assertion(second, OURS) is None


WRONG: dict[str, dict[str, Any]] = {
    "for somebody else": {"aud": "https://other.example"},
    "for two": {"aud": [ISSUER, "https://other.example"]},
    "for nobody": {"aud": None},
    "for another endpoint of ours": {"aud": f"{ISSUER}/oauth/revoke"},
    "by somebody else": {"iss": "client_other"},
    "about somebody else": {"sub": "client_other"},
    "about a number": {"sub": 7, "iss": 7},
    "without an end": {"exp": None},
    "over": {"exp": 1},
    "far too long": {"exp": 4_000_000_000},
    "ending in words": {"exp": "tomorrow"},
    "ending in truth": {"exp": True},
    "not yet": {"nbf": 4_000_000_000},
    "from the future": {"iat": 4_000_000_000},
    "without a number": {"jti": None},
    "with a number that is none": {"jti": 7},
    "with an empty number": {"jti": ""},
    "with a long number": {"jti": "x" * 201},
}


@pytest.mark.parametrize("case", WRONG)
def test_an_assertion_that_is_not_for_us_now_proves_nothing(client_id: str, session: Session, case: str) -> None:
    assert oauth.verify_assertion(signed(claims(client_id, **WRONG[case])), OURS) is None

    assert session.execute(text("SELECT count(*) FROM oauth_assertion")).scalar() == 0


def test_43_what_jwts_are_infamous_for_has_no_place(client_id: str) -> None:
    body, es, rs = claims(client_id), KEYS["ES256"], KEYS["RS256"]
    stranger = a_key("ES256", 2)
    payload = {"alg": "ES256", "kid": es.kid}
    cases = {
        "alg none": by_hand({"alg": "none", "kid": es.kid}, body),
        "alg None": by_hand({"alg": "None", "kid": es.kid}, body),
        "no alg": by_hand({"kid": es.kid}, body),
        "no signature": by_hand(payload, body),
        "hmac with the public key": by_hmac({"alg": "HS256", "kid": rs.kid}, body, rs.as_pem(private=False)),
        "another algorithm than the key's": by_hand({"alg": "RS256", "kid": es.kid}, body, b"x" * 256),
        "a key of its own in the header": signed(body, key=stranger, jwk=stranger.as_dict(private=False)),
        "a key at an address": signed(body, key=stranger, jku="https://evil.example/keys"),
        "a certificate": signed(body, x5u="https://evil.example/c"),
        "an unknown demand": signed(body, crit=["exp2"], exp2=1),
        "a known demand": by_hand({"alg": "ES256", "kid": es.kid, "crit": ["b64"], "b64": False}, body, b"x" * 64),
        "a kid that is a path": signed(body, kid="../../../../dev/null"),
        "a kid that is sql": signed(body, kid="' OR 1=1 --"),
        "no kid": by_hand({"alg": "ES256"}, body, b"x" * 64),
        "a kid of another key": signed(body, kid=rs.kid),
        "a stranger's key": signed(body, key=stranger, kid=es.kid),
        "a header of a megabyte": by_hand({"alg": "ES256", "kid": "x" * 1_000_000}, body),
        "four parts": signed(body) + ".x",
        "encrypted": "a.b.c.d.e",
        "claims that are a list": by_hand(payload, [1], b"x" * 64),  # type: ignore[arg-type]
        "nothing": "",
        "other letters": "é.é.é",
        "a deep header": "eyJh" + "[" * 3000 + ".e30.",
        "deep claims": f"{by_hand(payload, body).partition('.')[0]}.{'W1tb' * 900}.",
    }

    proven = {case for case, assertion in cases.items() if oauth.verify_assertion(assertion, OURS) is not None}

    assert proven == set()


def test_a_changed_letter_proves_nothing(client_id: str) -> None:
    head, body, signature = signed(claims(client_id)).split(".")
    other = by_hand({}, claims(client_id, jti="other")).split(".")[1]

    for forged in (f"{head}.{other}.{signature}", f"{head}.{body}.{'A' * len(signature)}", f"{head}.{body}."):
        assert oauth.verify_assertion(forged, OURS) is None


def test_a_client_that_is_switched_off_or_has_a_secret_proves_nothing_by_a_key(client_id: str) -> None:
    secretive, _ = access.create_client(1, 7, "Tills", ["members:read"])
    access.set_client_active(client_id, False)

    for name in (client_id, secretive, "client_nobody", "a\0b"):
        assert oauth.verify_assertion(signed(claims(name)), OURS) is None


def test_a_clock_that_runs_ahead_a_little_is_forgiven(client_id: str) -> None:
    now = int(clock.now().timestamp())

    ahead = signed(claims(client_id, iat=now + 20, nbf=now + 20, exp=now + 3620))

    assert oauth.verify_assertion(ahead, OURS) is not None


def test_used_assertions_are_forgotten_when_they_could_not_be_shown_again(client_id: str) -> None:
    assertion = signed(claims(client_id))
    oauth.verify_assertion(assertion, OURS)

    with time_machine.travel(clock.now() + dt.timedelta(seconds=91)):
        late, cleared = oauth.verify_assertion(assertion, OURS), oauth.clear_assertions(10)

    assert late is None
    assert cleared == 1


def test_the_two_kinds_of_keys_are_what_they_seem() -> None:
    assert isinstance(KEYS["ES256"], ECKey)
    assert isinstance(KEYS["PS256"], RSAKey)
