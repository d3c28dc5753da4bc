"""Test mode: a program of a partner's own, in which its systems try everything out and nothing is worth anything.

Data are separate by construction: a test program has its own twin of the partner, its own members, points and clients,
and the walls between programs are the walls around it. It is not settled, reported or offered to staff.
"""

from coalition.sandbox.attempts import attempt, clear_attempts
from coalition.sandbox.furnishing import CARDS, CHARITY, OUTLET
from coalition.sandbox.laws import laws
from coalition.sandbox.mode import TestMode, find, reset, switch_on

__all__ = [
    "CARDS",
    "CHARITY",
    "OUTLET",
    "TestMode",
    "attempt",
    "clear_attempts",
    "find",
    "laws",
    "reset",
    "switch_on",
]
