"""Whether a receipt comes in time: tills that were offline deliver late, but not later than the program accepts; and
what a return takes back is never booked on a day that is still to come.

Pure. What a receipt earns follows the rules of the day on which it occurred, however late it arrives; and what an
outlet sold before it was closed is taken after that, too.
"""

from __future__ import annotations

import datetime as dt

from coalition import partners, programs
from coalition.kernel.errors import FieldError, Invalid

FUTURE_MAX = dt.timedelta(minutes=10)  # clocks of tills go wrong by minutes


def early(occurred_at: dt.datetime, now: dt.datetime) -> Invalid | None:
    """The refusal of what is said to occur more than ten minutes from now; else None."""
    if occurred_at > now + FUTURE_MAX:
        return _refused("in_the_future", "It has not happened yet: the clock of the till is wrong.")
    return None


def untimely(program: programs.Program, occurred_at: dt.datetime, now: dt.datetime) -> Invalid | None:
    """The refusal of what occurred too long ago for the program, or more than ten minutes from now; else None."""
    if refusal := early(occurred_at, now):
        return refusal
    days = program.accept_late_days
    if days is not None and occurred_at < now - dt.timedelta(days=days):
        return _refused("too_late", f"The program takes receipts of the last {days} days.")
    return None


def shut(outlet: partners.Outlet, occurred_at: dt.datetime) -> Invalid | None:
    """The refusal of what is said to be bought at an outlet after it was closed; else None. Clocks may go wrong."""
    if outlet.closed_at is None or occurred_at < outlet.closed_at + FUTURE_MAX:
        return None
    detail = "This outlet was closed before that moment; its code, or the clock of the till, is wrong."
    return Invalid("outlet_closed", detail, [FieldError("/outlet", "outlet_closed", detail)])


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(code, detail, [FieldError("/occurred_at", code, detail)])
