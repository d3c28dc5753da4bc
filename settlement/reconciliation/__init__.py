"""What a partner keeps compared with what we keep, and disputes on what was stated."""

from settlement.reconciliation.disputes.deciding import OUTCOMES, alarm, decide, withdraw
from settlement.reconciliation.disputes.dispute import (
    STATES,
    Comment,
    Dispute,
    comments,
    disputed,
    get,
    list_disputes,
    of_statement,
    standing,
)
from settlement.reconciliation.disputes.opening import ANSWER_DAYS, REASONS, Opening, comment, open_dispute
from settlement.reconciliation.laws import laws

__all__ = [
    "ANSWER_DAYS",
    "OUTCOMES",
    "REASONS",
    "STATES",
    "Comment",
    "Dispute",
    "Opening",
    "alarm",
    "comment",
    "comments",
    "decide",
    "disputed",
    "get",
    "laws",
    "list_disputes",
    "of_statement",
    "open_dispute",
    "standing",
    "withdraw",
]
