"""Plans: what a subscription costs, how long a period of it lasts, and what it grants. A plan never changes.

Other terms are another plan; an old one is closed, and those who have it keep it until they cancel.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid
from coalition.members.benefits import NONE, Benefits, read_benefits
from coalition.members.tiers import ladder

_COLUMNS = "p.id, p.code, p.name_en, p.name_ru, p.price_minor, p.months, t.code AS tier, p.benefits, p.is_open"
_FROM = "FROM subscription_plan p LEFT JOIN tier t ON t.id = p.tier_id WHERE p.program_id = :program"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: `price_minor` of the program's money for each period of `months`; 0 is free.

    It grants a `tier` (by its code), benefits of its own, or both.
    """

    code: str
    name_en: str
    name_ru: str
    price_minor: int
    months: int
    tier: str | None = None
    benefits: Benefits = NONE
    is_open: bool = True
    id: int = 0


def add_plan(program_id: int, plan: Plan) -> Plan:
    """Offer a plan. Raises Invalid for a code that is taken, no such tier, or nothing granted."""
    tier = ladder(program_id).by_code.get(plan.tier or "")
    problems = {
        "/code": any(one.code == plan.code for one in plans(program_id)),
        "/price_minor": plan.price_minor < 0,
        "/months": not 1 <= plan.months <= 120,
        "/tier": plan.tier is not None and tier is None,
        "/benefits": plan.tier is None and plan.benefits == NONE,
    }
    if wrong := [FieldError(pointer, "invalid", "The plan does not fit.") for pointer, bad in problems.items() if bad]:
        raise Invalid("invalid", "This cannot be a plan.", wrong)
    row = fetch_one(
        "INSERT INTO subscription_plan (program_id, code, name_en, name_ru, price_minor, months, tier_id, benefits)"
        " VALUES (:program, :code, :name_en, :name_ru, :price, :months, :tier, CAST(:benefits AS jsonb)) RETURNING id",
        {
            "program": program_id,
            "code": plan.code,
            "name_en": plan.name_en,
            "name_ru": plan.name_ru,
            "price": plan.price_minor,
            "months": plan.months,
            "tier": tier.id if tier else None,
            "benefits": json.dumps(plan.benefits.stored()),
        },
    )
    assert row is not None
    audit.record("plan.add", f"plan:{row.id}", program_id=program_id, code=plan.code)
    return plan_of(program_id, plan.code)


def close_plan(program_id: int, code: str) -> None:
    """Offer a plan no longer; who has it may renew it."""
    found = plan_of(program_id, code)
    if execute("UPDATE subscription_plan SET is_open = false WHERE id = :id AND is_open", {"id": found.id}):
        audit.record("plan.close", f"plan:{found.id}")


def plans(program_id: int) -> list[Plan]:
    """Every plan of a program, the first one first; at most 100."""
    rows = fetch_all(f"SELECT {_COLUMNS} {_FROM} ORDER BY p.id LIMIT 100", {"program": program_id})
    return [_plan(row) for row in rows]


def plan_of(program_id: int, code: str) -> Plan:
    """The plan with this code. Raises Invalid `unknown_plan`."""
    row = fetch_one(f"SELECT {_COLUMNS} {_FROM} AND p.code = :code", {"program": program_id, "code": code})
    if row is None:
        problem = FieldError("/plan", "unknown_plan", "The program has no such plan.")
        raise Invalid("unknown_plan", "There is no such plan.", [problem])
    return _plan(row)


def _plan(row: AnyRow) -> Plan:
    return Plan(**{**row._mapping, "benefits": read_benefits(row.benefits)})
