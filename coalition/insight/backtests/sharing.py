"""How an award's points fall to those who fund it, as the ledger will split them.

Source: `ledger_split` of the ledger (`ledger/sql/funding.sql`): every leg but the last takes its part of the points
rounded half up, the last takes the rest. A test holds the two to the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from coalition.insight.backtests.seen import Shares


def shares(units: int, legs: Sequence[tuple[int, int]]) -> Shares:
    """The points of each party (legal entity, positive weight), in order; a party without any is left out."""
    if len(legs) == 1:
        return ((legs[0][0], units),)
    total = sum(weight for _, weight in legs)
    found = [(party, (2 * units * weight + total) // (2 * total)) for party, weight in legs[:-1]]
    found.append((legs[-1][0], units - sum(points for _, points in found)))
    return tuple((party, points) for party, points in found if points)
