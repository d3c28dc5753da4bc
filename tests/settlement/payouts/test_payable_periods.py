"""Closed periods that wait for a run: each once, page by page, as long as something of them is in no run."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask

from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid
from settlement import payouts
from settlement.payouts import PayablePeriod
from tests.settlement.builders import Coalition, on_issue

MONTHS = ("2026-03", "2026-04", "2026-05")


def test_every_period_with_something_to_pay_is_found_page_by_page_the_latest_first(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01", vat_rate=Decimal("0.21")))
    for code in MONTHS:
        coalition.issue(1000, dt.date.fromisoformat(f"{code}-05"), {"A": 1})
        coalition.close(code)
    coalition.close("2026-06")  # nothing happened
    program = coalition.program.id

    first = transact(lambda: payouts.payable_periods(program, None, 2))
    second = transact(lambda: payouts.payable_periods(program, first.next_cursor, 2))
    transact(lambda: payouts.prepare(program, "2026-04"))
    left = transact(lambda: payouts.payable_periods(program, None, 9))

    assert first.items == [PayablePeriod("2026-05", True, 1), PayablePeriod("2026-04", True, 1)]
    assert (second.items, second.next_cursor) == ([PayablePeriod("2026-03", True, 1)], None)
    assert [one.code for one in left.items] == ["2026-05", "2026-03"]
    with pytest.raises(Invalid):
        transact(lambda: payouts.payable_periods(program, "nonsense", 2))
