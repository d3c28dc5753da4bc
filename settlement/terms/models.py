"""Settlement models as data, as in Mojaloop: when it is settled (delay), what is paid (granularity), between whom.

Immediate: what a close makes due is due on the day of its payment run; deferred: a fortnight later. Gross: what a party
owes and what it is owed are paid apart, and nothing is set off; net: what is left of them. Bilateral: each pair of
parties for itself; multilateral: one sum per party for all, which is the same where every document is the operator's.
Source: Mojaloop, central settlements, `settlementModels`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.kernel.db import fetch_all
from coalition.kernel.errors import FieldError, Invalid

_MOST = 100
_ENTITIES = 10_000


@dataclass(frozen=True, slots=True)
class SettlementModel:
    """`delay` immediate or deferred, `granularity` gross or net, `interchange` bilateral or multilateral."""

    code: str
    delay: str
    granularity: str
    interchange: str


def settlement_models() -> dict[str, SettlementModel]:
    """Every model, by code."""
    rows = fetch_all(f"SELECT code, delay, granularity, interchange FROM settlement_model ORDER BY code LIMIT {_MOST}")
    return {row.code: SettlementModel(**row._mapping) for row in rows}


def models_on(program_id: int, on: dt.date) -> dict[int, SettlementModel]:
    """How each entity that has an agreement by that day is settled, by its id: as its last version by then says."""
    known = settlement_models()
    rows = fetch_all(
        "SELECT DISTINCT ON (legal_entity_id) legal_entity_id, model FROM agreement"
        " WHERE program_id = :program AND state = 'active' AND lower(valid) <= :on"
        " ORDER BY legal_entity_id, lower(valid) DESC LIMIT :most",
        {"program": program_id, "on": on, "most": _ENTITIES},
    )
    return {row.legal_entity_id: known[row.model] for row in rows}


def demand(code: str) -> None:
    """Refuse a model that does not exist. Invalid."""
    if code not in settlement_models():
        problem = FieldError("/model", "unknown_model", "There is no such settlement model.")
        raise Invalid("invalid", "This cannot be agreed.", [problem])
