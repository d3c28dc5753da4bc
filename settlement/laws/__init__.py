"""The laws of settlement: each is one query over the stored rows, written apart from the code that made them.

The letters are those of the project's list of laws. A module for each story; none may return a row, at any moment.
"""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.laws import Law
from settlement import reconciliation
from settlement.laws import accruals, bank, closing, payouts, proofs, reports, statements, terms

_ROOMS = (terms, accruals, statements, closing, payouts, bank, proofs, reports)
_LAWS = tuple(law for room in _ROOMS for law in room.LAWS)


def laws() -> Sequence[Law]:
    """Every law of this floor."""
    return (*_LAWS, *reconciliation.laws())
