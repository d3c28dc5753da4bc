"""A look at what a draft would have done lately, made while one waits: on the receipts of some of the members.

Whole members are taken, all of whose receipts are played, so that their limits hold; a limit that members share is as
large as ever and looks larger than it is. A look is no forecast to the cent: that is what a back-test is for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalition import programs, promotions
from coalition.insight.backtests.figures import Figures, taken
from coalition.insight.backtests.making import Cursor, Trial
from coalition.kernel import clock

DAYS = 30
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Replay:
    """What a look came to: `figures` of the receipts that were played, out of `receipts` in those days."""

    figures: Figures
    receipts: int
    since: dt.date
    until: dt.date

    @property
    def sampled(self) -> bool:
        """Whether not every member was looked at."""
        return self.figures.receipts < self.receipts


def replay(program_id: int, document: Mapping[str, Any], *, days: int = DAYS, most: int = MOST) -> Replay:
    """The draft against what is in force, on the receipts of the last days; about `most` of them. Reads only.

    Discounts come off as if every receipt had been quoted. Raises Invalid for a draft that cannot be published.
    """
    draft = promotions.rehearse(program_id, [document], always=True)
    active = promotions.ruleset_by_id(program_id, draft.ruleset_id)
    until = clock.local_date(clock.now(), programs.get(program_id).zone)
    since = until - dt.timedelta(days=days)
    trial = Trial(active, draft, since, until, quoted=True)
    trial.parts = max(-(-trial.total // most), 1)
    at: Cursor | None = Cursor()
    while at is not None and at.part == 0:
        block = trial.read(at)
        trial.play(block)
        at = block.then
    return Replay(taken(trial.tally), trial.total, since, until)
