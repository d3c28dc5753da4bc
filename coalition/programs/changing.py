"""Changing the policies of a program or a currency: audited with old and new values, and seen by all within a second.

Points keep the dates they were born with: a policy says what the next ones get. Points that end by inactivity have no
such date: once the currency says otherwise they, and the next ones beside them, end by it no longer. Once a currency
begins to end by inactivity, older points end so, too, from the next movement of their wallet on, unless sooner by
their own date: inactivity is of the whole wallet.
"""

from __future__ import annotations

import json
from typing import Any

from coalition import ledger
from coalition.kernel import audit
from coalition.kernel.db import execute
from coalition.kernel.errors import Conflict
from coalition.programs import caching
from coalition.programs.checking import check_currency, check_program
from coalition.programs.launching import policies_of
from coalition.programs.registry import currency_by_id
from coalition.programs.types import Currency, Program


def change(program_id: int, **policies: Any) -> Program:
    """Change policies of a program; its state is changed by `move`. NotFound; Invalid `policy_unsound`."""
    check_program(policies)
    caching.touch(program_id)  # locks the program's row: what is read below stands until we commit
    before = caching.policies(program_id, fresh=True).program
    changed = {name: value for name, value in policies.items() if getattr(before, name) != value}
    if changed:
        sets = ", ".join(f"{name} = :{name}" for name in changed)
        execute(f"UPDATE program SET {sets} WHERE id = :id", {**changed, "id": program_id})
        _audit("program.change", f"program:{program_id}", before, changed, caching.touch(program_id))
    return caching.policies(program_id, fresh=True).program


def change_currency(currency_id: int, **policies: Any) -> Currency:
    """Change policies of a currency. NotFound; Invalid `policy_unsound`; Conflict `currency_in_use` for other decimals.

    The decimals of a currency are what its integers mean: they never change once a member has a wallet in it. Locks the
    currency's wallets where points end by inactivity no longer.
    """
    program_id = currency_by_id(currency_id).program_id
    caching.touch(program_id)
    before = caching.policies(program_id, fresh=True).currencies[currency_id]
    check_currency({**policies_of(before), **policies})
    changed = {name: value for name, value in policies.items() if getattr(before, name) != value}
    if "decimals" in changed and ledger.in_use(program_id, currency_id):
        raise Conflict("currency_in_use", "There are points of this currency; its decimals cannot change any more.")
    if changed:
        sets = ", ".join(f"{name} = {_value(name)}" for name in changed)
        params = {name: json.dumps(value) if name == "spend_group_bp" else value for name, value in changed.items()}
        execute(f"UPDATE currency SET {sets} WHERE id = :id", {**params, "id": currency_id})
        if before.expiry == "inactivity" and "expiry" in changed:
            ledger.forget_idleness(program_id, currency_id)
        _audit("currency.change", f"currency:{currency_id}", before, changed, caching.touch(program_id))
    return caching.policies(program_id, fresh=True).currencies[currency_id]


def _value(name: str) -> str:
    return "CAST(:spend_group_bp AS jsonb)" if name == "spend_group_bp" else f":{name}"


def _audit(action: str, subject: str, before: Program | Currency, changed: dict[str, Any], version: int) -> None:
    was = {name: getattr(before, name) for name in changed}
    audit.record(action, subject, version=version, was=was, now=changed)
