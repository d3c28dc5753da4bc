"""Every movement of the ledger becomes one accrual: in a period, under an agreement, at prices that then stand still.

Reads the views `ledger_movements` and `catalog_deliveries`, in sets, past a watermark; never one movement at a time.
"""

from settlement.accruals.accruing import Accrued, accrue, hold, quiesce
from settlement.accruals.counting import Counted, counted
from settlement.accruals.cycles import days_of, next_code
from settlement.accruals.flows import (
    Day,
    Flow,
    Supply,
    days,
    flows,
    standing,
    supplies,
    suspended,
    suspended_keys,
    totals,
)
from settlement.accruals.periods import (
    Period,
    defer,
    find_period,
    get_period,
    list_periods,
    open_on,
    open_period,
    reopen,
    seal,
)
from settlement.accruals.rebuilding import Rebuilt, rebuild

__all__ = [
    "Accrued",
    "Counted",
    "Day",
    "Flow",
    "Period",
    "Rebuilt",
    "Supply",
    "accrue",
    "counted",
    "days",
    "days_of",
    "defer",
    "find_period",
    "flows",
    "get_period",
    "hold",
    "list_periods",
    "next_code",
    "open_on",
    "open_period",
    "quiesce",
    "rebuild",
    "reopen",
    "seal",
    "standing",
    "supplies",
    "suspended",
    "suspended_keys",
    "totals",
]
