"""The guardrails of a feed: may this file become the catalog? Pure: numbers in, a verdict out.

The model is Google's: on a sudden loss, create and update but remove nothing. Ids that have all changed at once are a
mistake at the supplier's far more often than a new assortment, and are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalog.suppliers.directory import Guards

_HARD_STOP_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run beside the supplier's offers: `known` are on sale before it, `rows_missing` of them are not in the file."""

    rows_read: int
    rows_ok: int
    rows_quarantined: int
    rows_new: int
    rows_changed: int
    known: int
    rows_missing: int
    distinct_ids: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`applied`: everything; `held`: everything but removals, a person must approve those; `refused`: nothing."""

    state: str
    code: str | None = None
    detail: str | None = None


def judge(found: Comparison, guards: Guards) -> Verdict:
    """What may be done with a run that compares so."""
    if found.rows_read == 0:
        return Verdict("refused", "empty", "The file holds no offer.")
    if found.rows_quarantined * 100 > found.rows_read * guards.quarantine_percent:
        return Verdict(
            "refused", "too_many_bad_rows", f"{found.rows_quarantined} of {found.rows_read} rows are unusable."
        )
    if found.rows_missing <= guards.missing_rows:
        return Verdict("applied")
    return _judge_loss(found, guards)


def _judge_loss(found: Comparison, guards: Guards) -> Verdict:
    lost = f"{found.rows_missing} of {found.known} known offers are missing from the file."
    if found.rows_missing * 100 > found.known * _HARD_STOP_PERCENT:
        return Verdict("refused", "too_many_missing", lost)
    shared = found.known - found.rows_missing
    if shared * 100 < min(found.known, found.distinct_ids) * guards.overlap_percent:
        return Verdict("refused", "ids_changed", f"Only {shared} ids of {found.distinct_ids} are known; {lost}")
    if found.rows_missing * 100 > found.known * guards.missing_percent:
        return Verdict("held", "removals_held", f"{lost} They stay on sale until somebody approves.")
    return Verdict("applied")
