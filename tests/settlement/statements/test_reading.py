"""Reading what a close has written: all of it, however many pages that takes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask

from coalition.kernel.db import transact
from settlement import statements
from settlement.statements import reading
from tests.settlement.builders import Coalition, on_issue

MAY = dt.date(2026, 5, 5)


@pytest.mark.parametrize("page", [1, 2, 3])
def test_nothing_is_cut_off_at_the_end_of_a_page(live: Flask, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    coalition = Coalition()
    for name in ("A", "B", "C"):
        coalition.join(name, on_issue("0.01", "0.001", redeemer_rate=Decimal("0.009")))
        coalition.issue(1000, MAY, {name: 1})
        coalition.redeem(300, MAY, name)
    period = coalition.close("2026-05").period
    heads, drawn = transact(lambda: (statements.of_period(period), statements.drawn_of(period)))
    assert len(heads) == 4 and heads[-1].is_operator
    assert [len(document.lines) for one in drawn for document in one.documents].count(2) >= 3

    monkeypatch.setattr(reading, "_PAGE", page)

    assert transact(lambda: (statements.of_period(period), statements.drawn_of(period))) == (heads, drawn)
