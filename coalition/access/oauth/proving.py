"""A client proves itself by a JWT that it has signed (RFC 7523, private_key_jwt): once, for us, for an hour at most.

Only what we name is let through: three algorithms, three header fields, a key that the client has registered. The
header chooses neither key nor method beyond that, so nothing that JWTs are infamous for has a place here.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import Any

from coalition.access.clients import Client, hash_of, keys_of
from coalition.access.oauth.keys import key_set
from coalition.kernel import clock
from coalition.kernel.db import fetch_one

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256", "RS256", "PS256")
LONGEST_LIFE_S = 3600  # what Authlib's client sends; each is taken once, so a long one is no ticket for many
_LONGEST = 4096
_SKEW_S = 30  # by how much the client's clock may run ahead
_HEADERS = frozenset({"alg", "kid", "typ"})
_LONGEST_JTI = 200


def verify_assertion(assertion: str, audiences: Collection[str]) -> Client | None:
    """The active client that this assertion proves, else None. Each is taken once; `audiences` are our own names."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    if len(assertion) > _LONGEST or not assertion.isascii():
        return None
    try:
        client_id = _claimed(assertion)
        found = keys_of(client_id)
        if found is None:
            return None
        client, keys = found
        claims = jwt.decode(assertion, key_set(keys), algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        return None
    sound = claims.get("iss") == claims.get("sub") == client_id and _for_us(claims.get("aud"), audiences)
    return client if sound and _in_time(claims) and _first(client, claims) else None


def _claimed(assertion: str) -> str:
    """Whom it says that it proves. ValueError for a header that is more than ours."""
    from joserfc.jws import extract_compact

    parts = extract_compact(assertion.encode())
    header, claims = parts.headers(), json.loads(parts.payload)
    if not set(header) <= _HEADERS or not isinstance(header.get("kid"), str) or not isinstance(claims, dict):
        raise ValueError("another header than ours")
    return str(claims.get("sub", ""))


def _for_us(audience: Any, audiences: Collection[str]) -> bool:
    named = audience if isinstance(audience, list) else [audience]
    return len(named) == 1 and named[0] in audiences


def _in_time(claims: Mapping[str, Any]) -> bool:
    now = clock.now().timestamp()
    instants = {name: claims[name] for name in ("exp", "iat", "nbf") if name in claims}
    if "exp" not in instants or any(type(at) not in (int, float) for at in instants.values()):
        return False
    begun = all(instants[name] <= now + _SKEW_S for name in ("iat", "nbf") if name in instants)
    return begun and now < instants["exp"] <= now + LONGEST_LIFE_S + _SKEW_S


def _first(client: Client, claims: Mapping[str, Any]) -> bool:
    """Whether it has not been taken before; from now on it has."""
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        return False
    row = fetch_one(
        "INSERT INTO oauth_assertion (oauth_client_id, jti_hash, expires_at) VALUES (:client, :hash, :end)"
        " ON CONFLICT DO NOTHING RETURNING true AS first",
        {
            "client": client.id,
            "hash": hash_of(jti),
            "end": dt.datetime.fromtimestamp(claims["exp"], dt.UTC) + dt.timedelta(seconds=_SKEW_S),
        },
    )
    return row is not None
