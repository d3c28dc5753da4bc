"""The liability is what members hold: every table sums to it, on any day, and money follows points."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from coalition.kernel.db import fetch_one, transact
from settlement import reports
from tests.settlement.builders import Coalition
from tests.settlement.reports.conftest import ask

D = dt.date


def test_what_is_outstanding_is_what_wallets_hold_by_month_of_issue_and_last_day_then_and_now(
    example: Coalition,
) -> None:
    report = ask(example, "liability")

    held = transact(lambda: fetch_one("SELECT sum(points) AS points FROM wallet_points")).points
    face = round(1300 * example.currency.face_minor)
    for table in report.tables[:4]:
        points, face_minor, expected = table.totals()[-3:]
        assert (points, face_minor, expected) == (held, face, face) == (1300, face, face)
    cells = [row[:4] for row in report.table("lots").rows]
    assert cells == [
        (D(2026, 1, 1), D(2090, 12, 1), "A SIA", 500),
        (D(2026, 2, 1), D(2091, 1, 1), "C SIA", 800),
    ]
    early, later = ask(example, "liability", on="2026-02-01"), ask(example, "liability", on="2026-03-05")
    assert early.table("by_vintage").rows[0][:2] == (D(2026, 1, 1), 1600)
    assert early.table("by_vintage").totals()[1] == 2400
    assert later.table("by_expiry").column("points") == [200, 1000, 800]


def test_the_expected_part_follows_the_estimate_of_its_day(example: Coalition) -> None:
    currency = example.currency.id
    transact(
        lambda: reports.expect(
            example.program.id, currency, None, Decimal("0.8"), starts_on=D(2026, 2, 1), note="curves"
        )
    )
    a = example.entities["A"]
    transact(
        lambda: reports.expect(example.program.id, currency, a, Decimal("0.5"), starts_on=D(2026, 3, 1), note="A's own")
    )

    january, march = ask(example, "liability", on="2026-01-31"), ask(example, "liability", on="2026-03-31")

    face = example.currency.face_minor
    assert january.table("by_funder").totals()[3] == round(1600 * face)
    assert march.table("by_funder").column("expected") == [round(250 * face), round(640 * face)]
