"""What a member can spend, and when what is on its way will be enough."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from coalition import ledger, programs
from coalition.kernel import clock
from coalition.ledger import Lot
from coalition.site import viewer


@dataclass(frozen=True, slots=True)
class Means:
    """A member's main wallet: points that can be spent now, and those that are on their way."""

    available: int
    pending: int
    lots: tuple[Lot, ...]

    def enough_on(self, points: int) -> dt.datetime | None:
        """The first instant at which the pending points make it so many; None if they never do, or do already."""
        if points <= self.available:
            return None
        arrivals = sorted({lot.active_at for lot in self.lots if lot.active_at and lot.active_at > clock.now()})
        return next((at for at in arrivals if _usable(self.lots, at) >= points), None)


def means() -> Means | None:
    """The means of the signed-in member; nobody's are None."""
    member = viewer.current_member()
    if member is None:
        return None
    currency = programs.main_currency(member.program_id)
    purses = ledger.balances(member.program_id, member.member_id)
    purse = next((one for one in purses if one.currency_id == currency.id), None)
    if purse is None:
        return Means(0, 0, ())
    lots = tuple(ledger.lots(purse.account_id)) if purse.pending else ()
    return Means(purse.available, purse.pending, lots)


def _usable(lots: Iterable[Lot], at: dt.datetime) -> int:
    """What could be spent everywhere at an instant, if nothing else happened."""
    return sum(
        lot.remaining
        for lot in lots
        if lot.restriction_id is None
        and (lot.active_at is None or lot.active_at <= at)
        and (lot.expires_at is None or lot.expires_at > at)
    )
