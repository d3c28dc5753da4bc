"""What each legal entity has agreed to pay and to be paid, by day: agreements, their versions and their prices."""

from settlement.terms.agreeing import agree, face_value
from settlement.terms.agreements import (
    Agreement,
    Prices,
    by_id,
    get,
    in_force,
    list_agreements,
    proposals,
    versions,
)
from settlement.terms.billing import program_cycle
from settlement.terms.limits import apply_limits
from settlement.terms.models import SettlementModel, models_on, settlement_models
from settlement.terms.proposing import activate, propose, refuse
from settlement.terms.vat import vat_rate

__all__ = [
    "Agreement",
    "Prices",
    "SettlementModel",
    "activate",
    "agree",
    "apply_limits",
    "by_id",
    "face_value",
    "get",
    "in_force",
    "list_agreements",
    "models_on",
    "program_cycle",
    "proposals",
    "propose",
    "refuse",
    "settlement_models",
    "vat_rate",
    "versions",
]
