"""Carriers: their names, the pages where a parcel can be followed, and the secrets that sign what they call in."""

from __future__ import annotations

from catalog.shipments.types import Carrier
from coalition.kernel import audit
from coalition.kernel.db import fetch_one
from coalition.kernel.errors import NotFound

# Where "delivery" is an e-mail, nobody else carries it and nobody else reports it.
EMAIL = "email"


def add_carrier(code: str, name: str, secret: str, *, tracking_url: str | None = None) -> Carrier:
    """A new carrier; said again, its name, secret and address are replaced. `secret` is `whsec_...`."""
    row = fetch_one(
        "INSERT INTO carrier (code, name, secret, tracking_url) VALUES (:code, :name, :secret, :url)"
        " ON CONFLICT (code) DO UPDATE SET name = excluded.name, secret = excluded.secret,"
        " tracking_url = excluded.tracking_url RETURNING id, code, name, tracking_url",
        {"code": code, "name": name, "secret": secret, "url": tracking_url},
    )
    assert row is not None
    audit.record("carrier.add", f"carrier:{row.id}", code=code)
    return Carrier(*row)


def carrier(code: str) -> Carrier:
    """The carrier with this code. Raises NotFound."""
    row = fetch_one("SELECT id, code, name, tracking_url FROM carrier WHERE code = :code", {"code": code})
    if row is None:
        raise NotFound()
    return Carrier(*row)


def secret_of(code: str) -> str:
    """The secret that signs this carrier's callbacks. Raises NotFound."""
    row = fetch_one("SELECT secret FROM carrier WHERE code = :code", {"code": code})
    if row is None:
        raise NotFound()
    return str(row.secret)
