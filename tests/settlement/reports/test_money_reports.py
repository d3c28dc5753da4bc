"""Positions, exposure and tax origin of the worked example, to the cent."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

from flask import Flask

from coalition.kernel.db import transact
from settlement import terms
from settlement.terms import Prices
from tests.settlement.builders import Coalition
from tests.settlement.reports.conftest import ask

QUARTER = {"since": "2026-01", "until": "2026-03"}


def test_positions_are_the_statements_and_sum_to_zero(example: Coalition) -> None:
    report = ask(example, "positions", **QUARTER)

    positions = {row[0]: row[3] for row in report.tables[0].rows}
    assert [positions[name] for name in ("A SIA", "B SIA", "C SIA", "S SIA")] == [-1794, -792, 66, 720]
    assert report.tables[0].totals()[3] == report.table("matrix").totals()[4] == 0
    gross, by_pair, by_party = report.table("netting").totals()[2:]
    assert gross == 5292 and gross >= by_pair >= by_party  # type: ignore[operator]


def test_what_is_owed_stands_against_its_limit(example: Coalition) -> None:
    limited = Prices(funding_mode="on_issue", issue_price=Decimal("0.01"), credit_limit_minor=1000)
    entity = example.join("L", limited)
    example.issue(900, dt.date(2026, 3, 20), {"L": 1})
    example.accrue()

    rows = {row[0]: row for row in ask(example, "exposure").tables[0].rows}

    assert rows["A SIA"][1:4] == (0, 1794, 1794) and rows["A SIA"][8] == "no_limit"
    assert rows["L SIA"][1:] == (0, 900, 900, 1000, None, 100, Decimal("0.9"), "near")
    for month in ("2026-01", "2026-02", "2026-03"):
        example.close(month)
    closed = {row[0]: row for row in ask(example, "exposure").tables[0].rows}
    assert closed["L SIA"][1:4] == (900, 0, 900)
    assert entity in transact(lambda: terms.in_force(example.program.id, dt.date(2026, 3, 31)))


def test_redeemed_points_name_the_sales_they_come_from(live: Flask, example: Coalition) -> None:
    report = ask(example, "origins", **QUARTER)

    lines = [(row[0], row[3], row[4], row[7]) for row in report.table("lines").rows]
    march5, march18 = dt.date(2026, 3, 5), dt.date(2026, 3, 18)
    assert sorted(lines, key=str) == sorted(
        [
            (march5, "B SIA", dt.date(2026, 1, 15), 600),
            (march5, "A SIA", dt.date(2026, 2, 20), 180),
            (march5, "C SIA", dt.date(2026, 2, 20), 120),
            (march18, "A SIA", dt.date(2026, 2, 20), 120),
            (march18, "C SIA", dt.date(2026, 2, 20), 80),
            (march18, "A SIA", dt.date(2026, 1, 10), 500),
        ],
        key=str,
    )
    assert all(row[5].startswith("key-") and row[6] == "sale" for row in report.table("lines").rows)  # type: ignore[union-attr]
    summary, detail = report.table("summary").totals(), report.table("lines").totals()
    assert (summary[2], summary[4], summary[5]) == (detail[7], detail[9], detail[10]) == (1600, 1600, detail[10])
    run = live.test_cli_runner()
    args = ["settlement", "report", "origins", "coral", "--since", "2026-03", "--until", "2026-03", "--json"]
    told = json.loads(run.invoke(args=args).stdout)
    assert sum(Decimal(row["points"]) for row in told["tables"]["summary"]) == 1600
    assert run.invoke(args=["settlement", "report", "origins", "nowhere"]).exit_code == 1


def test_vintages_and_the_cash_of_the_next_month_follow_from_the_ledger(example: Coalition) -> None:
    march = {"on": "2026-03-31", "until": "2026-03"}

    breakage, forecast = ask(example, "breakage", **march), ask(example, "forecast", months=2, **march)

    vintages = [row[:5] for row in breakage.table("vintages").rows]
    assert vintages == [(dt.date(2026, 1, 1), 1600, 1100, 0, 500), (dt.date(2026, 2, 1), 1300, 500, 0, 800)]
    for row in breakage.table("vintages").rows:
        assert row[7] <= row[6] <= row[8]  # type: ignore[operator]
    april = forecast.tables[0].rows[0]
    assert april[0] == dt.date(2026, 4, 1)
    assert april[7:10] == (816, 1746, -930)
