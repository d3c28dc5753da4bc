"""A client's public keys: what is taken at registration. Only public halves, only strong ones, only for signing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from coalition.kernel.errors import FieldError

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

_MOST = 5
_LEAST_RSA_BITS = 2048
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CURVE = "P-256"


def key_set(jwks: Mapping[str, Any]) -> KeySet:
    """The keys in the form that verifies. ValueError or JoseError for what are no keys."""
    from joserfc.jwk import KeySet

    return KeySet.import_key_set({"keys": list(jwks["keys"])})


def check_keys(jwks: Mapping[str, Any] | None) -> list[FieldError]:
    """What is wrong with a client's keys (RFC 7517): one to five public keys, P-256 or RSA of 2,048 bits and more."""
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST or not all(isinstance(key, dict) for key in keys):
        return [FieldError("/jwks", "bad_keys", f"A key set holds one to {_MOST} keys.")]
    if len({key.get("kid") for key in keys}) < len(keys) or not all(isinstance(key.get("kid"), str) for key in keys):
        return [FieldError("/jwks", "bad_keys", "Each key has a kid of its own.")]
    return [
        FieldError(f"/jwks/keys/{at}", "bad_keys", "A public key: P-256, or RSA of 2,048 bits and more.")
        for at, key in enumerate(keys)
        if not _strong(key)
    ]


def _strong(key: dict[str, Any]) -> bool:
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, RSAKey

    if _PRIVATE.intersection(key) or key.get("use", "sig") != "sig":
        return False
    try:
        (found,) = key_set({"keys": [key]}).keys
        if isinstance(found, RSAKey):
            return int(found.raw_value.key_size) >= _LEAST_RSA_BITS
        return isinstance(found, ECKey) and found.curve_name == _CURVE
    except (JoseError, ValueError, TypeError, KeyError):
        return False
