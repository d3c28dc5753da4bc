"""Trying a draft on the receipts of the last thirty days, and what the last trial of it came to, for the builder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from coalition import insight
from coalition.console.marketing import backtest_view, showing
from coalition.insight import Pair
from coalition.kernel import clock
from coalition.programs import Program

DAYS = 30
_ALL_REDEEMED = 10_000


def try_on_receipts(program: Program, code: str, document: Mapping[str, Any], language: str) -> int:
    """Ask for a back-test of a draft over the last thirty whole days; its number. Raises Invalid."""
    today = clock.local_date(clock.now(), program.zone)
    return insight.ask(
        program.id,
        [{**document, "id": code}],
        since=today - dt.timedelta(days=DAYS),
        until=today - dt.timedelta(days=1),
        margin_bp=insight.MARGIN_BP,
        redeemed_bp=_ALL_REDEEMED,
        title=showing.title(document, code, language),
        quoted=True,
    )


def latest(program: Program, code: str) -> dict[str, Any] | None:
    """The last back-test of this promotion alone, with its figures where it is done; None for none."""
    found = next((one for one in insight.listed(program.id) if list(one.watched) == [code]), None)
    if found is None or found.state in ("cancelled", "failed"):
        return None
    stored = insight.figures(found.id) if found.over else None
    if stored is None:
        return {"backtest": found, "figures": None}
    figures = insight.read(stored)
    return {
        "backtest": found,
        "figures": figures,
        "chart": backtest_view.chart(program, figures),
        "worth": Pair(*map(insight.minor, figures.total())),
        "points": [(one, figures.sums.total(one)) for one in figures.sums.currencies() if one != insight.DISCOUNTS],
        "decimals": backtest_view.decimals_of(program),
    }
