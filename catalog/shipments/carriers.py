"""Carriers: their names, the pages where a parcel can be followed, and the secrets that sign what they call in."""

from __future__ import annotations

from catalog.shipments.types import Carrier
from catalog.shipments.vocabularies import OURS
from coalition.kernel import audit
from coalition.kernel.db import fetch_one
from coalition.kernel.errors import NotFound

# Where "delivery" is an e-mail, nobody else carries it and nobody else reports it.
EMAIL = "email"


_ADD = """
    INSERT INTO carrier (code, name, secret, tracking_url, vocabulary, quiet_days)
    VALUES (:code, :name, :secret, :url, :vocabulary, :quiet_days)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, secret = excluded.secret, vocabulary = excluded.vocabulary,
           tracking_url = excluded.tracking_url, quiet_days = excluded.quiet_days
    RETURNING id, code, name, tracking_url, vocabulary, quiet_days"""


def add_carrier(
    code: str,
    name: str,
    secret: str,
    *,
    tracking_url: str | None = None,
    vocabulary: str = OURS,
    quiet_days: int = 30,
) -> Carrier:
    """A new carrier; said again, everything about it is replaced.

    `secret` is `whsec_...`, or what an aggregator signs with if `vocabulary` is that of one. After `quiet_days` without
    news a parcel is `expired`.
    """
    params = {"code": code, "name": name, "secret": secret, "url": tracking_url}
    row = fetch_one(_ADD, {**params, "vocabulary": vocabulary, "quiet_days": quiet_days})
    assert row is not None
    audit.record("carrier.add", f"carrier:{row.id}", code=code)
    return Carrier(*row)


def carrier(code: str) -> Carrier:
    """The carrier with this code. Raises NotFound."""
    row = fetch_one(
        "SELECT id, code, name, tracking_url, vocabulary, quiet_days FROM carrier WHERE code = :code", {"code": code}
    )
    if row is None:
        raise NotFound()
    return Carrier(*row)


def secret_of(code: str) -> str:
    """The secret that signs this carrier's callbacks. Raises NotFound."""
    row = fetch_one("SELECT secret FROM carrier WHERE code = :code", {"code": code})
    if row is None:
        raise NotFound()
    return str(row.secret)
