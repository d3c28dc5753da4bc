"""Carriers: their names, the pages where a parcel can be followed, and the secrets that sign what they call in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row

from catalog.shipments.numbers import FORMS
from catalog.shipments.types import Carrier
from catalog.shipments.vocabularies import OURS
from coalition.kernel import audit
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import NotFound

# Where "delivery" is an e-mail, nobody else carries it and nobody else reports it.
EMAIL = "email"


_ADD = """
    INSERT INTO carrier (code, name, secret, tracking_url, vocabulary, quiet_days, number_forms)
    VALUES (:code, :name, :secret, :url, :vocabulary, :quiet_days, CAST(:number_forms AS text[]))
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, secret = excluded.secret, vocabulary = excluded.vocabulary,
           tracking_url = excluded.tracking_url, quiet_days = excluded.quiet_days,
           number_forms = excluded.number_forms
    RETURNING id, code, name, tracking_url, vocabulary, quiet_days, number_forms"""


def carriers() -> list[Carrier]:
    """Every carrier with parcels, by name; an e-mail is carried by none."""
    rows = fetch_all(
        "SELECT id, code, name, tracking_url, vocabulary, quiet_days, number_forms FROM carrier"
        " WHERE code <> :email ORDER BY name LIMIT 500",
        {"email": EMAIL},
    )
    return [_told(row) for row in rows]


def add_carrier(
    code: str,
    name: str,
    secret: str,
    *,
    tracking_url: str | None = None,
    vocabulary: str = OURS,
    quiet_days: int = 30,
    number_forms: Collection[str] = (),
) -> Carrier:
    """A new carrier; said again, everything about it is replaced.

    `secret` is `whsec_...`, or what an aggregator signs with if `vocabulary` is that of one. After `quiet_days` without
    news a parcel is `expired`. With `number_forms` (of `numbers.FORMS`) no parcel can be announced under another form
    of number or with a wrong check digit. ValueError for a form that does not exist.
    """
    if not set(number_forms) <= FORMS:
        raise ValueError(f"no such form of numbers: {sorted(set(number_forms) - FORMS)}")
    params = {"code": code, "name": name, "secret": secret, "url": tracking_url}
    row = fetch_one(
        _ADD, {**params, "vocabulary": vocabulary, "quiet_days": quiet_days, "number_forms": sorted(number_forms)}
    )
    assert row is not None
    audit.record("carrier.add", f"carrier:{row.id}", code=code)
    return _told(row)


def carrier(code: str) -> Carrier:
    """The carrier with this code. Raises NotFound."""
    row = fetch_one(
        "SELECT id, code, name, tracking_url, vocabulary, quiet_days, number_forms FROM carrier WHERE code = :code",
        {"code": code},
    )
    if row is None:
        raise NotFound()
    return _told(row)


def _told(row: Row[Any]) -> Carrier:
    return Carrier(**{**row._mapping, "number_forms": tuple(row.number_forms)})


def secret_of(code: str) -> str:
    """The secret that signs this carrier's callbacks. Raises NotFound."""
    row = fetch_one("SELECT secret FROM carrier WHERE code = :code", {"code": code})
    if row is None:
        raise NotFound()
    return str(row.secret)
