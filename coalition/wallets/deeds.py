"""The record of what was done to points: one row a deed, written once, found again by its key or by its journal row."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from coalition.kernel import audit
from coalition.kernel.db import RacingKey, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.ledger import Movement
from coalition.wallets.types import Deed, Spend

_COLUMNS = ", ".join(field.name for field in fields(Deed))
_MADE = tuple(field.name for field in fields(Deed) if field.name not in ("id", "at", "actor"))
_MOST = 200
_PARTIES = """
    SELECT member_id AS member, to_member_id AS to_member FROM wallet_deed
     WHERE partner_id = :partner AND kind IN ('donation', 'transfer', 'conversion')
       AND external_id = :external_id AND request_hash = :hash
     UNION ALL
    SELECT member_id, NULL FROM exchange
     WHERE partner_id = :partner AND external_id = :external_id AND request_hash = :hash
     LIMIT 1"""


def find(partner_id: int, kind: str, external_id: str, request_hash: bytes) -> Deed | None:
    """What this request did before, None if it is new. Conflict `external_id_conflict` for another content."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM wallet_deed"
        " WHERE partner_id = :partner AND kind = :kind AND external_id = :external_id",
        {"partner": partner_id, "kind": kind, "external_id": external_id},
    )
    if row is None:
        return None
    if bytes(row.request_hash) != request_hash:
        raise Conflict("external_id_conflict", "This external id was used before with another content.")
    return _view(row)


def parties_of(partner_id: int, external_id: str, request_hash: bytes) -> dict[str, int | None]:
    """The `member` whose points this very request took before, and the one `to_member`, whose cards they are today or
    not; nobody, if it was never carried out."""
    row = fetch_one(_PARTIES, {"partner": partner_id, "external_id": external_id, "hash": request_hash})
    return dict(row._mapping) if row else {}


def of(spend: Spend, kind: str) -> dict[str, Any]:
    """What a deed takes from the wish behind it."""
    same = ("program_id", "partner_id", "member_id", "external_id", "request_hash")
    return {**{name: getattr(spend, name) for name in same}, "kind": kind, "currency_id": spend.currency.id}


def keep(**values: Any) -> Deed:
    """Write down a deed that has just been posted, and an audit row. RacingKey if another was faster."""
    given = {**dict.fromkeys(_MADE), **values, "actor": audit.origin().actor}
    row = fetch_one(
        f"INSERT INTO wallet_deed ({', '.join(given)}) VALUES ({', '.join(f':{name}' for name in given)})"
        f" ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
        given,
    )
    if row is None:
        raise RacingKey
    deed = _view(row)
    details = {name: values[name] for name in ("amount", "reason_code", "note", "approval_id") if values.get(name)}
    audit.record(f"wallet.{deed.kind}", f"member:{deed.member_id}", deed=deed.id, key=deed.external_id, **details)
    return deed


def get(program_id: int, deed_id: int) -> Deed:
    """The deed. Raises NotFound."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM wallet_deed WHERE id = :id AND program_id = :program",
        {"id": deed_id, "program": program_id},
    )
    if row is None:
        raise NotFound()
    return _view(row)


def of_move(row: Movement) -> Deed | None:
    """The transfer or conversion that a row is one side of, or None. An arrival's key begins with its debit's id."""
    side = "account_id" if row.amount < 0 else "to_account_id"
    debit_id = row.entry_id if row.amount < 0 else int(row.external_id.partition(".")[0])
    found = fetch_one(
        f"SELECT {_COLUMNS} FROM wallet_deed WHERE {side} = :account AND entry_id = :entry"
        " AND kind IN ('transfer', 'conversion')",
        {"account": row.account_id, "entry": debit_id},
    )
    return _view(found) if found else None


def reversal_of(account_id: int, entry_id: int) -> Deed | None:
    """The reversal of a journal row, or None."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM wallet_deed WHERE reverses_account_id = :account AND reverses_entry_id = :entry",
        {"account": account_id, "entry": entry_id},
    )
    return _view(row) if row else None


def of_member(member_id: int) -> list[Deed]:
    """What was done to a member's points, newest first; at most 200."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM wallet_deed WHERE member_id = :member OR to_member_id = :member"
        " ORDER BY id DESC LIMIT :most",
        {"member": member_id, "most": _MOST},
    )
    return [_view(row) for row in rows]


def _view(row: Any) -> Deed:
    return Deed(**{**row._mapping, "request_hash": bytes(row.request_hash)})
