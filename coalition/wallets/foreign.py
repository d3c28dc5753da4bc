"""The foreign programs that a program exchanges points with: who they are, at which rate, and how to reach them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from coalition.kernel import audit
from coalition.kernel.db import fetch_one
from coalition.kernel.errors import NotFound
from coalition.ports import ForeignAccess
from coalition.wallets.types import Partnership

_COLUMNS = "id, program_id, code, name, legal_entity_id, currency_id, rate, open"


def partner_with(
    program_id: int,
    code: str,
    name: str,
    *,
    legal_entity_id: int,
    currency_id: int,
    rate: Decimal,
    base_url: str,
    secret: str,
) -> Partnership:
    """Open the way into a foreign program, or change where it leads: `rate` of its units for one minor unit of ours.

    `secret` (`whsec_...`) signs our requests.
    """
    row = fetch_one(
        "INSERT INTO foreign_program (program_id, code, name, legal_entity_id, currency_id, rate, base_url, secret)"
        " VALUES (:program_id, :code, :name, :legal_entity_id, :currency_id, :rate, :base_url, :secret)"
        " ON CONFLICT (program_id, code) DO UPDATE SET name = excluded.name, rate = excluded.rate,"
        " base_url = excluded.base_url, secret = excluded.secret, open = true RETURNING id",
        {
            "program_id": program_id,
            "code": code,
            "name": name,
            "legal_entity_id": legal_entity_id,
            "currency_id": currency_id,
            "rate": rate,
            "base_url": base_url.rstrip("/"),
            "secret": secret,
        },
    )
    assert row is not None
    audit.record("foreign_program.open", f"foreign_program:{row.id}", code=code, rate=str(rate))
    return by_code(program_id, code)


def by_code(program_id: int, code: str) -> Partnership:
    """The foreign program with this code. Raises NotFound."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM foreign_program WHERE program_id = :program AND code = :code",
        {"program": program_id, "code": code},
    )
    if row is None:
        raise NotFound()
    return Partnership(**row._mapping)


def reached(foreign_program_id: int) -> tuple[ForeignAccess, int]:
    """How to reach a foreign program, and the legal entity that stands for it."""
    row: Any = fetch_one(
        "SELECT code, base_url, secret, legal_entity_id FROM foreign_program WHERE id = :id",
        {"id": foreign_program_id},
    )
    return ForeignAccess(row.code, row.base_url, row.secret), row.legal_entity_id
