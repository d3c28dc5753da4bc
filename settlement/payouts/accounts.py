"""Where the money of a legal entity goes: accounts that are never changed, only replaced, and by two people.

Changing where money goes is the classic fraud, so a row of `entity_account` comes to be in one way alone: somebody of
finance asks for it and somebody else of finance approves exactly that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from stdnum import bic as bic_number
from stdnum import iban as iban_number

from coalition import access, partners
from coalition.kernel import approvals
from coalition.kernel.approvals import Approval
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Forbidden, Invalid
from settlement.ports import Account

KIND = "payouts.account"
ROLE = "finance"
KINDS = ("iban", "stripe")
_MOST = 10_000
_COLUMNS = "id, kind, holder, currency, iban, bic, connected, email"
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_CONNECTED = re.compile(r"(acct_[A-Za-z0-9]{1,64})?")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account as somebody asks for it: `iban` with its `bic` (may be empty) of a bank; or, for Stripe, `email`,
    where invoices go, and `connected` (`acct_...`, empty for those who only pay)."""

    legal_entity_id: int
    kind: str
    holder: str
    currency: str
    iban: str = ""
    bic: str = ""
    connected: str = ""
    email: str = ""


def propose(wanted: NewAccount, reason: str, *, key: str) -> Approval:
    """Ask, as the running origin, that this account take the place of the entity's present one of the kind.

    Raises Invalid naming every wrong field, NotFound for an entity that is none.
    """
    partners.entity(wanted.legal_entity_id)
    given = _tidied(wanted)
    _check(given, reason)
    return approvals.request(KIND, asdict(given), reason, key=key, subject=f"legal_entity:{given.legal_entity_id}")


def current(entity_ids: Collection[int]) -> dict[int, list[Account]]:
    """The accounts of these legal entities, by entity; of several the one approved last stands first."""
    rows = fetch_all(
        f"SELECT legal_entity_id, {_COLUMNS} FROM entity_account WHERE retired_at IS NULL"
        f"   AND legal_entity_id = ANY(:ids) ORDER BY id DESC LIMIT {_MOST}",
        {"ids": list(entity_ids)},
    )
    found: dict[int, list[Account]] = {}
    for row in rows:
        facts = dict(row._mapping)
        found.setdefault(facts.pop("legal_entity_id"), []).append(Account(**facts))
    return found


def by_id(ids: Collection[int]) -> dict[int, Account]:
    """These accounts, also those that were replaced, by id."""
    rows = fetch_all(f"SELECT {_COLUMNS} FROM entity_account WHERE id = ANY(:ids)", {"ids": list(ids)})
    return {row.id: Account(**row._mapping) for row in rows}


def entities_with_iban(program_id: int, iban: str) -> list[int]:
    """The legal entities of a program that have, or once had, this account: who may have paid from it."""
    rows = fetch_all(
        "SELECT DISTINCT a.legal_entity_id AS id FROM entity_account a JOIN legal_entity e ON e.id = a.legal_entity_id"
        " WHERE a.iban = :iban AND e.program_id = :program ORDER BY 1 LIMIT 100",
        {"iban": _bare(iban), "program": program_id},
    )
    return [row.id for row in rows]


@approvals.executes(KIND)
def _replace(approval: Approval) -> dict[str, Any]:
    demand_finance(approval)
    payload = approval.payload
    execute(
        "UPDATE entity_account SET retired_at = now()"
        " WHERE legal_entity_id = :legal_entity_id AND kind = :kind AND retired_at IS NULL",
        payload,
    )
    row = fetch_one(
        "INSERT INTO entity_account (legal_entity_id, kind, holder, currency, iban, bic, connected, email, approval_id)"
        " VALUES (:legal_entity_id, :kind, :holder, :currency, :iban, :bic, :connected, :email, :approval)"
        " RETURNING id",
        {**payload, "approval": approval.id},
    )
    assert row is not None
    return {"account_id": row.id}


def demand_finance(approval: Approval) -> None:
    """Only finance decides about money. Raises Forbidden `approver_refused` for an approver of another role."""
    if not access.may_approve(approval.approver or "", ROLE):
        raise Forbidden("approver_refused", "Only a person of finance who may still sign in can approve this.")


def _tidied(wanted: NewAccount) -> NewAccount:
    facts: Mapping[str, Any] = {name: getattr(wanted, name) for name in NewAccount.__slots__}
    return NewAccount(**{**facts, "iban": _bare(wanted.iban), "bic": _bare(wanted.bic), "email": wanted.email.strip()})


def _bare(text: str) -> str:
    return "".join(text.split()).upper()


def _check(given: NewAccount, reason: str) -> None:
    bank = given.kind == "iban"
    rules = (
        ("kind", given.kind in KINDS, "An account is of the kind iban or stripe."),
        ("holder", 1 <= len(given.holder) <= 70 and given.holder.isprintable(), "Who holds it, in up to 70 letters."),
        ("currency", re.fullmatch(r"[A-Z]{3}", given.currency) is not None, "A currency of three letters."),
        ("iban", iban_number.is_valid(given.iban) if bank else not given.iban, "Not an IBAN."),
        ("bic", not given.bic or (bank and bic_number.is_valid(given.bic)), "Not a BIC."),
        ("email", bank or _EMAIL.fullmatch(given.email) is not None, "Invoices need an e-mail address."),
        ("connected", not given.connected if bank else _CONNECTED.fullmatch(given.connected), "Not a Stripe account."),
        ("reason", 1 <= len(reason) <= 500, "Say why."),
    )
    errors = [FieldError(f"/{name}", "invalid", detail) for name, holds, detail in rules if not holds]
    if errors:
        raise Invalid("account_invalid", "This is no account that money can go to.", errors)
