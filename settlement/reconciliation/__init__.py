"""What a partner keeps compared with what we keep, and disputes on what was stated."""

from settlement.reconciliation.acts import Act, ActLine, Paid, acts
from settlement.reconciliation.disputes import unbooking as _unbooking  # noqa: F401 - registers what follows a refusal
from settlement.reconciliation.disputes.claiming import document_ids
from settlement.reconciliation.disputes.deciding import alarm, decide, withdraw
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
from settlement.reconciliation.files.differences import (
    CLASSES,
    Difference,
    Rejection,
    Total,
    difference,
    differences,
    rejections,
    totals,
)
from settlement.reconciliation.files.fetching import (
    Feed,
    claim_feed,
    define_feed,
    feeds,
    not_fetched,
    note_fetch,
    take_fetched,
)
from settlement.reconciliation.files.matching import clear, match
from settlement.reconciliation.files.run import Reconciliation, fail, left_alone, list_runs, open_run, run
from settlement.reconciliation.files.staging import Part, by_receipt, layout, parts, stage
from settlement.reconciliation.laws import laws

__all__ = [
    "ANSWER_DAYS",
    "CLASSES",
    "REASONS",
    "STATES",
    "Act",
    "ActLine",
    "Comment",
    "Difference",
    "Dispute",
    "Feed",
    "Opening",
    "Paid",
    "Part",
    "Reconciliation",
    "Rejection",
    "Total",
    "acts",
    "alarm",
    "by_receipt",
    "claim_feed",
    "clear",
    "comment",
    "comments",
    "decide",
    "define_feed",
    "difference",
    "differences",
    "disputed",
    "document_ids",
    "fail",
    "feeds",
    "get",
    "laws",
    "layout",
    "left_alone",
    "list_disputes",
    "list_runs",
    "match",
    "not_fetched",
    "note_fetch",
    "of_statement",
    "open_dispute",
    "open_run",
    "parts",
    "rejections",
    "run",
    "stage",
    "standing",
    "take_fetched",
    "totals",
    "withdraw",
]
