"""How the operator keeps its books: the judgements of IFRS 15 that a program's finance has made, and its accounts.

`role`: a principal shows what redeemers and suppliers cost as a cost; an agent takes it off its revenue (B34-B38).
`service`: the fee is earned `at_once`, or `over_life` of `life_months` months. The latest policy holds for all periods
shown: it is a way to present them, not an estimate.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import FieldError, Invalid

ROLES, SERVICES = ("principal", "agent"), ("at_once", "over_life")
# The chart of accounts that a journal is written in unless finance has entered its own numbers.
ACCOUNTS = {
    "receivable": "1200",
    "input_vat": "1310",
    "payable": "2100",
    "output_vat": "2210",
    "deferred_points": "2410",
    "deferred_service": "2420",
    "redemption_revenue": "4010",
    "breakage_revenue": "4020",
    "estimate_revenue": "4030",
    "service_revenue": "4100",
    "redemption_funding": "4200",
    "redemption_cost": "5010",
    "supply_cost": "5020",
    "delivery_cost": "5030",
    "other": "5900",
}
_LIFE_MONTHS = 36
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,19}")


@dataclass(frozen=True, slots=True)
class Policy:
    """The judgements in force; `accounts` are account numbers by their use, complete."""

    role: str
    service: str
    life_months: int
    accounts: Mapping[str, str]
    set_by: str = ""
    set_at: dt.datetime | None = None


def current(program_id: int) -> Policy:
    """The policy of a program: what was set last, or a principal that earns its fee at once."""
    row = fetch_one(
        "SELECT role, service, life_months, accounts, set_by, set_at FROM revenue_policy"
        " WHERE program_id = :program ORDER BY id DESC LIMIT 1",
        {"program": program_id},
    )
    if row is None:
        return Policy("principal", "at_once", _LIFE_MONTHS, ACCOUNTS)
    return Policy(row.role, row.service, row.life_months, ACCOUNTS | row.accounts, row.set_by, row.set_at)


def adopt(program_id: int, role: str, service: str, life_months: int, accounts: Mapping[str, str]) -> None:
    """Let another policy hold from now on; accounts that are not named keep their default numbers. Audited.

    Raises Invalid.
    """
    problems = []
    if role not in ROLES:
        problems.append(FieldError("/role", "invalid", "The operator is a principal or an agent."))
    if service not in SERVICES:
        problems.append(FieldError("/service", "invalid", "The fee is earned at once or over life."))
    if not 1 <= life_months <= 120:
        problems.append(FieldError("/life_months", "bad_number", "A life is 1 to 120 months."))
    for use, number in accounts.items():
        if use not in ACCOUNTS or not _NUMBER.fullmatch(number):
            problems.append(FieldError(f"/accounts/{use}", "bad_account", "An account is up to 20 letters and digits."))
    if problems:
        raise Invalid("invalid", "This cannot be a policy.", problems)
    own = {use: number for use, number in accounts.items() if number != ACCOUNTS[use]}
    facts = {"role": role, "service": service, "life": life_months, "accounts": json.dumps(own, sort_keys=True)}
    execute(
        "INSERT INTO revenue_policy (program_id, role, service, life_months, accounts, set_by)"
        " VALUES (:program, :role, :service, :life, CAST(:accounts AS jsonb), :actor)",
        {**facts, "program": program_id, "actor": audit.origin().actor},
    )
    audit.record("revenue.policy", f"program:{program_id}", role=role, service=service, life=life_months, accounts=own)
