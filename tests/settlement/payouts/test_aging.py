"""Aging: what is owed on a day, by how long it had been due, and what had moved by then."""

from __future__ import annotations

import datetime as dt

from coalition.kernel.db import fetch_one, transact
from settlement.payouts import Run
from settlement.payouts.aging import BUCKETS, Aged, aging
from tests.integrations.bank.camt import DAY, Entry, Transfer
from tests.settlement.builders import Coalition
from tests.settlement.payouts.bank.builders import a_committed_run, give_accounts, ref, tell
from tests.settlement.payouts.builders import Finance, of


def committed(coalition: Coalition, finance: Finance) -> Run:
    give_accounts(coalition, finance)
    return a_committed_run(coalition, finance)


def aged(coalition: Coalition, on: dt.date) -> dict[str, Aged]:
    names = {entity: name for name, entity in coalition.entities.items()}
    return {names[one.legal_entity_id]: one for one in transact(lambda: aging(coalition.program.id, on))}


def bucket(one: Aged) -> str:
    [name] = [name for name in BUCKETS if getattr(one, name)]
    return name


def test_what_is_owed_grows_old(coalition: Coalition, finance: Finance) -> None:
    run = committed(coalition, finance)
    due = of(coalition, run, "A").due_on
    assert due is not None

    found = {
        days: bucket(aged(coalition, due + dt.timedelta(days=days))["A"]) for days in (-1, 0, 30, 31, 60, 61, 90, 91)
    }

    assert list(found.values()) == ["not_due", "to_30", "to_30", "to_60", "to_60", "to_90", "to_90", "older"]
    rows = aged(coalition, due)
    assert {name: (one.direction, one.total) for name, one in rows.items()} == {
        "A": ("in", 1210),
        "B": ("out", 270),
        "C": ("in", 121),
        "S": ("out", 726),
    }


def test_before_a_run_is_committed_nothing_is_owed(coalition: Coalition, finance: Finance) -> None:
    committed(coalition, finance)
    row = transact(lambda: fetch_one("SELECT committed_at::date AS day FROM payout_run"))

    assert aged(coalition, row.day - dt.timedelta(days=2)) == {}


def test_what_moved_counts_from_its_value_date_on(coalition: Coalition, finance: Finance) -> None:
    run = committed(coalition, finance)
    tell(
        Entry("12.10", transfers=[Transfer(ref(coalition, run, "A"))]),
        Entry("2.00", transfers=[Transfer(ref(coalition, run, "C"))]),
        Entry("-2.00", transfers=[Transfer(ref(coalition, run, "B"))]),
    )
    due = of(coalition, run, "A").due_on
    assert due is not None
    assert due > DAY

    rows = aged(coalition, due)

    assert "A" not in rows
    assert (rows["B"].total, rows["B"].overpaid) == (70, 0)
    assert (rows["C"].total, rows["C"].overpaid) == (0, 79)
