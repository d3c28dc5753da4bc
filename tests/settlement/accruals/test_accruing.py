"""Accruals: every movement once, whatever the batches; booked by its day; rebuilt from nothing."""

from __future__ import annotations

import datetime as dt
import os
import threading
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import connect

from coalition.kernel.clock import add_months, month_code
from coalition.kernel.config import current
from coalition.kernel.db import db, execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict
from settlement import accruals, statements, terms
from settlement.terms import Prices
from tests.settlement.builders import FAR, Coalition, broken_laws, count_rows, on_issue

MAY = dt.date(2026, 5, 5)
CLOSES = int(os.environ.get("SETTLEMENT_CLOSES", "4"))  # 100 in `make campaign`
HYBRID = Prices(
    funding_mode="hybrid",
    issue_price=Decimal("0.006"),
    redemption_price=Decimal("0.004001"),
    service_price=Decimal("0.0012"),
    redeemer_rate=Decimal("0.0095"),
    vat_rate=Decimal("0.21"),
)


def test_a_program_that_settles_by_the_day_keeps_its_first_periods_in_sight(live: Flask) -> None:
    """Deferred revenue is rolled forward from the first period on; what is cut off would be missing in its balance."""
    program = Coalition().program
    days = """INSERT INTO settlement_period (program_id, code, starts_on, ends_on)
        SELECT :program, d::date::text, d::date, d::date
          FROM generate_series(date '2020-01-01', '2022-12-31', '1 day') d"""
    transact(lambda: execute(days, {"program": program.id}))

    assert transact(lambda: accruals.list_periods(program.id))[-1].code == "2020-01-01"


def the_lines(coalition: Coalition, closed: statements.Closed) -> list[tuple[Any, ...]]:
    names = {entity_id: name for name, entity_id in coalition.entities.items()}
    drawn = transact(lambda: statements.drawn_of(closed.period))
    return sorted(
        (names.get(one.entity_id, "operator"), document.kind, line.code, line.quantity, line.net_minor)
        for one in drawn
        for document in one.documents
        for line in document.lines
    )


days = st.dates(dt.date(2026, 5, 1), dt.date(2026, 5, 31))
steps = st.one_of(
    st.tuples(st.just("issue"), st.integers(1, 10**6), days, st.sampled_from(["A", "B", "AB"])),
    st.tuples(st.just("redeem"), st.integers(1, 10**6), days, st.sampled_from(["A", "B", None])),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(steps, st.booleans()), min_size=1, max_size=12))
def test_any_batching_of_accrual_runs_gives_the_same_statements(live: Flask, script: list[Any]) -> None:
    eager, lazy = Coalition(), Coalition()
    for coalition in (eager, lazy):
        coalition.join("A", HYBRID)
        coalition.join("B", on_issue("0.01", "0.0015", redeemer_rate=Decimal("0.008")))

    for (what, points, day, who), run in script:
        for coalition in (eager, lazy):
            if what == "issue":
                coalition.issue(points, day, {name: 3 + 2 * at for at, name in enumerate(who)})
            else:
                coalition.redeem(points, day, who)
        if run:
            eager.accrue()

    first, second = eager.close("2026-05"), lazy.close("2026-05")
    assert the_lines(eager, first) == the_lines(lazy, second)
    assert broken_laws() == {}
    assert transact(lambda: accruals.rebuild(eager.program.id)).differing == 0


def test_a_movement_is_priced_by_the_version_in_force_on_its_day(live: Flask) -> None:
    coalition = Coalition()
    entity = coalition.join("A")
    first_of_june = dt.date(2026, 6, 1)
    transact(lambda: terms.agree(entity, on_issue("0.01"), starts_on=MAY, ends_on=first_of_june))
    transact(lambda: terms.agree(entity, on_issue("0.02"), starts_on=first_of_june + dt.timedelta(days=1)))

    for on in (MAY, first_of_june, dt.date(2026, 6, 2)):
        coalition.issue(100, on, {"A": 1})
    coalition.accrue()

    rows = transact(lambda: fetch_all("SELECT occurred_on, funding_price FROM accrual ORDER BY 1"))
    assert [row.funding_price for row in rows] == [Decimal("0.01"), Decimal("0.01"), Decimal("0.02")]


def test_the_business_day_is_that_of_the_programs_zone(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    coalition.issue(100, MAY, {"A": 1})
    late_utc = "UPDATE entry SET occurred_at = '2026-05-31 21:30+00'"  # half past midnight in Riga
    _as_owner(late_utc)

    coalition.accrue()

    row = transact(lambda: fetch_one("SELECT a.*, p.code FROM accrual a JOIN settlement_period p ON p.id = period_id"))
    assert (row.occurred_on, row.code) == (dt.date(2026, 6, 1), "2026-06")


def test_an_expiry_gives_back_the_agreed_share_of_the_price_at_issue(live: Flask) -> None:
    coalition = Coalition()
    entity = coalition.join("A", on_issue("0.01", breakage_share=Decimal("0.5")))
    coalition.issue(180, MAY, {"A": 1}, expires_at=FAR)
    _as_owner("UPDATE lot SET expires_at = '2026-08-01'; UPDATE entry SET expires_at = '2026-08-01'")

    from coalition import ledger

    transact(lambda: ledger.expire(dt.datetime(2026, 8, 2, tzinfo=dt.UTC), 10))
    coalition.accrue()

    row = transact(lambda: fetch_one("SELECT * FROM accrual WHERE kind = 'expire'"))
    assert (row.points, row.funder_id, row.funding_price) == (180, entity, Decimal("0.005"))


def test_what_a_slow_transaction_wrote_is_not_missed(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    coalition.issue(1, MAY, {"A": 1})
    slow = db.engine.connect()
    slow.begin()
    slow.exec_driver_sql("SELECT pg_current_xact_id()")
    coalition.issue(2, MAY, {"A": 1})  # commits while an older transaction is still open

    early = transact(lambda: accruals.accrue(coalition.program.id))
    slow.rollback()
    slow.close()
    late = coalition.accrue()

    assert (early.movements, late.movements) == (1, 1)
    assert count_rows("accrual") == 2


def test_an_open_transaction_of_another_database_holds_nothing_back(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    with connect(current().owner_url.replace("+psycopg", "").rsplit("/", 1)[0] + "/postgres") as elsewhere:
        elsewhere.execute("SELECT pg_current_xact_id()")
        coalition.issue(1, MAY, {"A": 1})

        accrued = transact(lambda: accruals.accrue(coalition.program.id))

    assert accrued.movements == 1


def test_what_was_reached_stays_reached_though_a_later_look_is_less_sure(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    with db.engine.connect() as unsure:
        unsure.exec_driver_sql("SELECT pg_current_xact_id()")
        coalition.issue(1, MAY, {"A": 1})
        reached = transact(lambda: fetch_one("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid")).xid

        cautious = transact(lambda: accruals.accrue(coalition.program.id))
        told = transact(lambda: accruals.accrue(coalition.program.id, reached=reached))

    assert (cautious.movements, told.movements) == (0, 1)


def test_of_two_closes_at_once_exactly_one_succeeds(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    coalition.issue(1000, MAY, {"A": 1})
    results: list[str] = []

    def work() -> None:
        with live.app_context():
            try:
                coalition.close("2026-05")
                results.append("closed")
            except Conflict as conflict:
                results.append(conflict.code)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["closed", "period_closed", "period_closed", "period_closed"]
    assert count_rows("statement") == 2


def test_closes_while_postings_go_on_leave_no_movement_in_two_periods_or_in_none(live: Flask) -> None:
    coalition = Coalition()
    first = dt.date(2018, 1, 1)
    coalition.join("A", on_issue("0.01"), starts_on=first)
    months = [add_months(first, at) for at in range(CLOSES)]
    stop = threading.Event()

    def post() -> None:
        with live.app_context():
            while not stop.is_set():
                coalition.issue(1, months[CLOSES // 2], {"A": 1}, member=2)

    writers = [threading.Thread(target=post) for _ in range(2)]
    for writer in writers:
        writer.start()
    closed = [coalition.close(month_code(month)) for month in months]
    stop.set()
    for writer in writers:
        writer.join()
    coalition.accrue()

    issued = transact(lambda: fetch_one("SELECT count(*) AS n FROM entry")).n
    assert count_rows("accrual") == issued
    assert len({one.period.id for one in closed}) == CLOSES
    assert broken_laws() == {}


def test_a_tampered_accrual_is_found_by_the_rebuild_and_by_the_laws(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    coalition.issue(1000, MAY, {"A": 1})
    coalition.close("2026-05")

    _as_owner("UPDATE accrual SET points = points + 1")

    found = transact(lambda: accruals.rebuild(coalition.program.id))
    assert {how for _, how in found.differences} == {"missing", "unexpected"}
    assert {"P2", "P8"} <= broken_laws().keys()


def test_a_version_in_force_is_replaced_only_from_a_coming_day_on(live: Flask) -> None:
    coalition = Coalition()
    entity = coalition.join("A", on_issue("0.01"), starts_on=MAY)

    with pytest.raises(Conflict, match="agreement_in_use"):
        transact(lambda: terms.agree(entity, on_issue("0.02"), starts_on=dt.date(2026, 6, 1)))
    later = transact(lambda: terms.agree(entity, on_issue("0.02"), starts_on=dt.date(2089, 1, 1)))

    versions = transact(lambda: terms.list_agreements(coalition.program.id))
    assert [one.ends_on for one in versions] == [dt.date(2088, 12, 31), None]
    assert later.version == 2
    with pytest.raises(Exception, match="permission denied"):
        transact(lambda: execute("UPDATE agreement SET issue_price = 1"))


def _as_owner(statement: str) -> None:
    with connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement.encode())
