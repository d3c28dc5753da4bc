"""Settlement models as data, as in Mojaloop: when it is settled (delay), what is paid (granularity), between whom.

Immediate: each close's documents fall due at once; deferred: in the payment run of the period. Gross: each document is
paid; net: what is left of them. Bilateral: each pair of parties for itself; multilateral: one sum per party for all.
Source: Mojaloop, central settlements, `settlementModels`.
"""

from __future__ import annotations

from dataclasses import dataclass

from coalition.kernel.db import fetch_all
from coalition.kernel.errors import FieldError, Invalid

_MOST = 100


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


def demand(code: str) -> None:
    """Refuse a model that does not exist. Invalid."""
    if code not in settlement_models():
        problem = FieldError("/model", "unknown_model", "There is no such settlement model.")
        raise Invalid("invalid", "This cannot be agreed.", [problem])
