"""Keys of clients in tests, made once a run."""

from __future__ import annotations

from functools import cache
from typing import Any

from joserfc.jwk import ECKey, RSAKey


@cache
def a_key(algorithm: str, number: int = 1, *, bits: int = 2048) -> ECKey | RSAKey:
    """A key pair that signs with `algorithm`; another `number`, another key."""
    named = {"kid": f"{algorithm}-{number}", "use": "sig"}
    return ECKey.generate_key("P-256", named) if algorithm == "ES256" else RSAKey.generate_key(bits, named)


def public_keys(*keys: ECKey | RSAKey) -> dict[str, Any]:
    """The public halves, as a client registers them."""
    return {"keys": [key.as_dict(private=False) for key in keys]}
