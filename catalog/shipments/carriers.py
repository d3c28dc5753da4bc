"""Carriers: their names, the pages where a parcel can be followed, and the secrets that sign what they call in."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row

from catalog.shipments.numbers import FORMS
from catalog.shipments.types import Carrier
from catalog.shipments.vocabularies import OURS, VOCABULARIES
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

# Where "delivery" is an e-mail, nobody else carries it and nobody else reports it.
EMAIL = "email"


_CODE = re.compile(r"[a-z][a-z0-9-]{1,30}")
_LONGEST = 500
_COLUMNS = "id, code, name, tracking_url, vocabulary, quiet_days, number_forms"
_ADD = f"""
    INSERT INTO carrier (code, name, secret, tracking_url, vocabulary, quiet_days, number_forms)
    VALUES (:code, :name, :secret, :url, :vocabulary, :quiet_days, CAST(:number_forms AS text[]))
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, secret = excluded.secret, vocabulary = excluded.vocabulary,
           tracking_url = excluded.tracking_url, quiet_days = excluded.quiet_days,
           number_forms = excluded.number_forms WHERE :replace
    RETURNING {_COLUMNS}"""


def carriers() -> list[Carrier]:
    """Every carrier with parcels, by name; an e-mail is carried by none."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM carrier WHERE code <> :email ORDER BY name LIMIT 500",
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
    replace: bool = True,
) -> Carrier:
    """A new carrier; said again, everything about it is replaced, or nothing: Conflict `code_in_use`.

    `secret` is `whsec_...`, or what an aggregator signs with if `vocabulary` is that of one. After `quiet_days` without
    news a parcel is `expired`. With `number_forms` (of `numbers.FORMS`) no parcel can be announced under another form
    of number or with a wrong check digit. Raises Invalid that points at every wrong fact.
    """
    _check(code, name, secret, tracking_url or "", vocabulary, quiet_days, number_forms)
    params = {"code": code, "name": name, "secret": secret, "url": tracking_url, "replace": replace}
    row = fetch_one(
        _ADD, {**params, "vocabulary": vocabulary, "quiet_days": quiet_days, "number_forms": sorted(number_forms)}
    )
    if row is None:
        raise Conflict("code_in_use", "There is a carrier of this code.")
    audit.record("carrier.add", f"carrier:{row.id}", code=code)
    return _told(row)


def _check(
    code: str, name: str, secret: str, url: str, vocabulary: str, quiet_days: int, number_forms: Collection[str]
) -> None:
    wrong = {
        "/code": not _CODE.fullmatch(code) or code == EMAIL,
        "/name": not 1 <= len(name) <= _LONGEST,
        "/secret": not 6 <= len(secret) <= _LONGEST,
        "/tracking_url": bool(url) and not url.startswith(("https://", "http://")),
        "/vocabulary": vocabulary not in VOCABULARIES,
        "/quiet_days": not 1 <= quiet_days <= 365,
        "/number_forms": not set(number_forms) <= FORMS,
    }
    problems = [FieldError(field, "invalid", "This cannot be.") for field, is_wrong in wrong.items() if is_wrong]
    if problems:
        raise Invalid("invalid", "No carrier is like this.", problems)


def carrier(code: str) -> Carrier:
    """The carrier with this code. Raises NotFound."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM carrier WHERE code = :code",
        {"code": code},
    )
    if row is None:
        raise NotFound()
    return _told(row)


def _told(row: Row[Any]) -> Carrier:
    return Carrier(**{**row._mapping, "number_forms": tuple(row.number_forms)})


def rekey_carrier(code: str, secret: str) -> None:
    """Let a carrier's callbacks be signed by another secret from now on. Raises NotFound, Invalid."""
    found = carrier(code)
    _check(found.code, found.name, secret, "", found.vocabulary, found.quiet_days, found.number_forms)
    execute("UPDATE carrier SET secret = :secret WHERE id = :id", {"id": found.id, "secret": secret})
    audit.record("carrier.rekey", f"carrier:{found.id}")


def secret_of(code: str) -> str:
    """The secret that signs this carrier's callbacks. Raises NotFound."""
    row = fetch_one("SELECT secret FROM carrier WHERE code = :code", {"code": code})
    if row is None:
        raise NotFound()
    return str(row.secret)
