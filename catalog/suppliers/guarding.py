"""The guardrails of a feed: may this file become the catalog? Pure: numbers in, a verdict out.

The model is Google's: on a sudden loss, create and update but remove nothing. Ids that have all changed at once are a
mistake at the supplier's far more often than a new assortment, and are refused; many prices that jump at once are a
currency or a decimal point gone wrong, and nothing is taken until a person has looked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from catalog.suppliers.feeds import Guards

WAIVABLE = ("removals", "prices", "stock", "ids")
_HARD_STOP_PERCENT = 80
_FEW_PIECES = 100  # so few may all be sold, or come in, between two files


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run beside the offers of its feed: `known` are on sale before it, `rows_missing` of them are not in the file.

    `stock_total` are the pieces in the file, `stock_before` those of the last good one. `bytes_before` is the size of
    the last good file if an end cannot be told from a break in this format.
    """

    rows_read: int
    rows_ok: int
    rows_quarantined: int
    rows_new: int
    rows_changed: int
    rows_jumped: int
    known: int
    rows_missing: int
    distinct_ids: int
    stock_total: int = 0
    stock_before: int | None = None
    bytes_read: int = 0
    bytes_before: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`applied`: everything; `refused`: nothing; `held`: all but what `holds` names (`removals`, `stock`, or `all`),
    which a person must approve."""

    state: str
    code: str | None = None
    detail: str | None = None
    holds: tuple[str, ...] = ()


def judge(found: Comparison, guards: Guards, waived: Collection[str] = ()) -> Verdict:
    """What may be done with a run that compares so; the guards in `waived` a person has looked at before."""
    refusal = _unusable(found, guards) or (_loss(found, guards, waived) if "removals" not in waived else None)
    if refusal is not None and refusal.state == "refused":
        return refusal
    held = [one for one in (_jumps(found, guards, waived), refusal, _stock(found, guards, waived)) if one]
    if not held:
        return Verdict("applied")
    holds = tuple(part for one in held for part in one.holds)
    return Verdict("held", held[0].code, " ".join(one.detail or "" for one in held), holds)


def judge_counts(found: Comparison, strange: int, guards: Guards, waived: Collection[str] = ()) -> Verdict:
    """What may be done with a run of a feed that brings counts alone, of which `strange` rows name no article that we
    know. Nothing is missing from it: what it does not name keeps its count."""
    refusal = _unusable(found, guards)
    if refusal is None and strange >= found.rows_ok:
        refusal = Verdict("refused", "ids_changed", f"None of the {found.rows_read} ids is known.")
    return refusal or _stock(found, guards, waived) or Verdict("applied")


def _unusable(found: Comparison, guards: Guards) -> Verdict | None:
    if found.rows_read == 0:
        return Verdict("refused", "empty", "The file holds no offer.")
    if found.rows_quarantined * 100 > found.rows_read * guards.quarantine_percent:
        detail = f"{found.rows_quarantined} of {found.rows_read} rows are unusable."
        return Verdict("refused", "too_many_bad_rows", detail)
    return None


def _loss(found: Comparison, guards: Guards, waived: Collection[str]) -> Verdict | None:
    if found.rows_missing <= guards.missing_rows:
        return None
    lost = f"{found.rows_missing} of {found.known} known offers are missing from the file."
    if found.bytes_before is not None and found.bytes_read * 2 < found.bytes_before:
        return Verdict("refused", "too_short", f"The file has less than half of the last one's bytes; {lost}")
    if found.rows_missing * 100 > found.known * _HARD_STOP_PERCENT:
        return Verdict("refused", "too_many_missing", lost)
    shared = found.known - found.rows_missing
    if shared * 100 < min(found.known, found.distinct_ids) * guards.overlap_percent and "ids" not in waived:
        return Verdict("refused", "ids_changed", f"Only {shared} ids of {found.distinct_ids} are known; {lost}")
    if found.rows_missing * 100 > found.known * guards.missing_percent:
        return Verdict(
            "held", "removals_held", f"{lost} They stay on sale until somebody approves.", holds=("removals",)
        )
    return None


def _jumps(found: Comparison, guards: Guards, waived: Collection[str]) -> Verdict | None:
    if "prices" in waived or found.rows_jumped * 100 <= found.rows_read * guards.jump_rows_percent:
        return None
    detail = f"{found.rows_jumped} of {found.rows_read} prices jump: a wrong currency or decimal point?"
    return Verdict("held", "price_jumps", detail, holds=("all",))


def _stock(found: Comparison, guards: Guards, waived: Collection[str]) -> Verdict | None:
    before, after = found.stock_before, found.stock_total
    if before is None or "stock" in waived or max(before, after) < _FEW_PIECES:
        return None
    fell = after * 100 <= before * (100 - guards.stock_down_percent)
    grew = after >= max(before, 1) * guards.stock_up_times
    if not (fell or grew):
        return None
    detail = f"The pieces in stock go from {before} to {after}; the counts of before stay."
    return Verdict("held", "stock_held", detail, holds=("stock",))
