"""The panel beside the builder: what the draft would have done on the receipts of the last thirty days."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from werkzeug.wrappers import Response

from coalition import insight, promotions
from coalition.console.marketing import backtest_view, showing
from coalition.console.marketing.frame import blueprint
from coalition.insight import Pair, Replay
from coalition.kernel.web.pages import language
from coalition.programs import Program


@blueprint.get("/promotions/<code>/try")
def try_it(code: str) -> Response:
    """The builder with the panel."""
    return redirect(url_for("marketing.build", code=code, replay="yes"), code=303)


def panel(program: Program, draft: promotions.Draft) -> dict[str, Any]:
    """What the panel shows; a draft that cannot be published yet is not played."""
    if draft.problems:
        return {"ready": False}
    return {"ready": True, **_shown(program, draft, insight.replay(program.id, draft.document))}


def _shown(program: Program, draft: promotions.Draft, found: Replay) -> dict[str, Any]:
    figures = found.figures
    worth = backtest_view.money_rows(figures.worth("promotion"))
    now = promotions.ruleset(program.id)
    titles = now.documents if now else {}
    return {
        "found": found,
        "chart": backtest_view.chart(program, figures),
        "given": worth.get(draft.code, Pair(0, 0)).draft,
        "points": [
            (currency, both.draft)
            for (code, currency), both in figures.sums.along("promotion").items()
            if code == draft.code and currency != insight.DISCOUNTS
        ],
        "others": [
            (showing.title(titles.get(code, {}), code, language()), both.difference)
            for code, both in worth.items()
            if code != draft.code and both.difference
        ],
        "gifts": sum(both.draft for (code, _), both in figures.gifts.items() if code == draft.code),
        "decimals": backtest_view.decimals_of(program),
    }
