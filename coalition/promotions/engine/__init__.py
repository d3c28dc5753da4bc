"""The rules engine: an event and promotions in, effects and the reasons of what did not apply out. Pure, no database.

Integers only: money in minor units, quantities in thousandths, rates in ten-thousandths; one rounding per effect, and
the parts that fall to a receipt's lines sum exactly. The phases are fixed: discounts, points paid, credits,
multipliers, then what is no money. The order in which promotions and lines are given changes nothing.
"""

from coalition.promotions.engine.checking import Condition, Problem, check
from coalition.promotions.engine.conditions import holds
from coalition.promotions.engine.discounting import net, unearning, usual_vat, vat_of
from coalition.promotions.engine.indexing import Index
from coalition.promotions.engine.reading import promotion
from coalition.promotions.engine.running import earning_bases, facts_of, limits, run, run_indexed
from coalition.promotions.engine.state import Result
from coalition.promotions.engine.taking_back import taken_back
from coalition.promotions.engine.terms import Promotion

__all__ = [
    "Condition",
    "Index",
    "Problem",
    "Promotion",
    "Result",
    "check",
    "earning_bases",
    "facts_of",
    "holds",
    "limits",
    "net",
    "promotion",
    "run",
    "run_indexed",
    "taken_back",
    "unearning",
    "usual_vat",
    "vat_of",
]
