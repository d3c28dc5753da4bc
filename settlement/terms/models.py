"""Settlement models as data, as in Mojaloop: when it is settled (delay), what is paid (granularity), between whom.

Immediate: each close's documents fall due at once; deferred: in the payment run of the period. Gross: each document is
paid; net: what is left of them. Bilateral: each pair of parties for itself; multilateral: one sum per party for all.
Source: Mojaloop, central settlements, `settlementModels`.
"""

from __future__ import annotations

from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid

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


def define(model: SettlementModel) -> SettlementModel:
    """Add a model. Invalid if it makes no sense (net at once, gross between all); Conflict `code_in_use`."""
    sense = (
        model.delay in ("immediate", "deferred")
        and model.granularity in ("gross", "net")
        and model.interchange in ("bilateral", "multilateral")
        and (model.delay == "deferred" or model.granularity == "gross")
        and (model.granularity == "net" or model.interchange == "bilateral")
    )
    if not sense:
        problem = FieldError("/model", "invalid", "At once is gross, and gross is between two.")
        raise Invalid("invalid", "There is no such way to settle.", [problem])
    row = fetch_one(
        "INSERT INTO settlement_model (code, delay, granularity, interchange)"
        " VALUES (:code, :delay, :granularity, :interchange) ON CONFLICT DO NOTHING RETURNING code",
        {name: getattr(model, name) for name in SettlementModel.__slots__},
    )
    if row is None:
        raise Conflict("code_in_use", "There is a model of this code, or one that settles in this way.")
    audit.record("settlement_model.define", f"settlement_model:{model.code}")
    return model


def demand(code: str) -> None:
    """Refuse a model that does not exist. Invalid."""
    if code not in settlement_models():
        problem = FieldError("/model", "unknown_model", "There is no such settlement model.")
        raise Invalid("invalid", "This cannot be agreed.", [problem])
