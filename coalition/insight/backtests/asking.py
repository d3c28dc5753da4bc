"""Asking for a back-test: what is tried is put together at once, so that later changes of drafts do not matter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from coalition import promotions
from coalition.insight.backtests import keeping
from coalition.insight.backtests.keeping import Asked
from coalition.kernel.errors import FieldError, Invalid

MARGIN_BP = 2_500
DAYS_MAX = 1_100
_BP = 10_000
_TITLE_MAX = 200


def ask(
    program_id: int,
    documents: Sequence[Mapping[str, Any]],
    *,
    since: dt.date,
    until: dt.date,
    title: str = "",
    without: Collection[str] = (),
    margin_bp: int = MARGIN_BP,
    redeemed_bp: int = _BP,
    quoted: bool = False,
    standing: bool = False,
) -> int:
    """Have these drafts tried on the receipts from one day to another, in the background; the number of the back-test.

    The drafts take the place of the promotions of their id, without those named; their own dates count for nothing.
    `margin_bp`, `redeemed_bp`, `quoted` and `standing`: see `Backtest`. Raises Invalid with a pointer to each thing
    that is wrong (`/documents/0/...` for a draft).
    """
    problems = list(_problems(since, until, title, margin_bp, redeemed_bp))
    if not documents and not without:
        problems.append(FieldError("/documents", "required", "What is to be tried?"))
    try:
        tried = promotions.rehearse(program_id, documents, without=without, always=True)
    except Invalid as refusal:
        problems += [FieldError(f"/documents{one.pointer}", one.code, one.detail) for one in refusal.errors]
    if problems:
        raise Invalid("invalid", "This cannot be tried.", problems)
    watched = sorted({str(one["id"]) for one in documents} | set(without))
    return keeping.keep(
        Asked(
            program_id=program_id,
            title=title or ", ".join(watched)[:_TITLE_MAX],
            since=since,
            until=until,
            ruleset_id=tried.ruleset_id,
            candidate=tried.stored(),
            watched=watched,
            quoted=quoted,
            margin_bp=margin_bp,
            redeemed_bp=redeemed_bp,
            standing=standing,
        )
    )


def _problems(since: dt.date, until: dt.date, title: str, margin_bp: int, redeemed_bp: int) -> list[FieldError]:
    found = []
    if not since <= until:
        found.append(FieldError("/until", "bad_days", "The last day comes before the first."))
    elif (until - since).days > DAYS_MAX:
        found.append(FieldError("/until", "too_long", f"At most {DAYS_MAX} days."))
    if len(title) > _TITLE_MAX or "\0" in title:
        found.append(FieldError("/title", "invalid", f"A text of at most {_TITLE_MAX} characters."))
    for name, value in (("margin_bp", margin_bp), ("redeemed_bp", redeemed_bp)):
        if not 0 <= value <= _BP:
            found.append(FieldError(f"/{name}", "invalid", f"From 0 to {_BP}."))
    return found
