"""Whether a receipt comes in time: tills that were offline deliver late, but not later than the program accepts.

Pure. What a receipt earns follows the rules of the day on which it occurred, however late it arrives.
"""

from __future__ import annotations

import datetime as dt

from coalition import programs
from coalition.kernel.errors import FieldError, Invalid

FUTURE_MAX = dt.timedelta(minutes=10)  # clocks of tills go wrong by minutes


def untimely(program: programs.Program, occurred_at: dt.datetime, now: dt.datetime) -> Invalid | None:
    """The refusal of what occurred too long ago for the program, or more than ten minutes from now; else None."""
    if occurred_at > now + FUTURE_MAX:
        return _refused("in_the_future", "It has not happened yet: the clock of the till is wrong.")
    days = program.accept_late_days
    if days is not None and occurred_at < now - dt.timedelta(days=days):
        return _refused("too_late", f"The program takes receipts of the last {days} days.")
    return None


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(code, detail, [FieldError("/occurred_at", code, detail)])
