"""A period closes when everything is in, or a person has said why it is not."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import suppliers
from coalition.kernel import laws
from coalition.kernel.db import execute, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid
from settlement import accruals, statements, terms
from tests.catalog.builders import a_supplier
from tests.settlement.builders import Coalition, acting, broken_laws, count_rows, on_issue
from tests.settlement.statements.test_closing import positions

JANUARY = dt.date(2026, 1, 15)
FEBRUARY = dt.date(2026, 2, 3)


def the_checks(coalition: Coalition, code: str) -> dict[str, statements.Check]:
    return {one.code: one for one in transact(lambda: statements.checklist(coalition.program.id, code))}


def accept(coalition: Coalition, code: str, check: str, reason: str = "They will sign in March.") -> statements.Check:
    return transact(lambda: statements.accept(coalition.program.id, code, check, reason))


def test_what_is_accepted_with_a_reason_lets_the_period_close_and_is_booked_later_once(live: Flask) -> None:
    coalition = Coalition()
    lacking, entity = coalition.join("A"), coalition.join("B", on_issue("0.01"))
    coalition.issue(1000, JANUARY, {"A": 1})
    coalition.issue(300, JANUARY, {"B": 1})
    coalition.accrue()
    coalition.deliver("A", JANUARY, 500, 0)

    with pytest.raises(Conflict, match="agreements_missing"):
        coalition.close("2026-01")
    coalition.accrue()
    acting("user:1")
    assert accept(coalition, "2026-01", "agreements_cover").reason == "They will sign in March."
    january = coalition.close("2026-01")
    transact(lambda: terms.agree(lacking, on_issue("0.02"), starts_on=JANUARY))
    february = coalition.close("2026-02")

    assert positions(january.period.id) == {entity: -300, coalition.operator.id: 300}
    assert positions(february.period.id)[lacking] == -2000 + 500
    assert count_rows("accrual") == 2
    assert broken_laws() == {}
    assert transact(lambda: accruals.rebuild(coalition.program.id)).differing == 0


def test_an_acceptance_covers_no_more_than_was_counted(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A")
    coalition.issue(1000, JANUARY, {"A": 1})
    coalition.accrue()
    accept(coalition, "2026-01", "agreements_cover")

    coalition.issue(1, JANUARY, {"A": 1})

    with pytest.raises(Conflict, match="agreements_missing"):
        coalition.close("2026-01")
    assert the_checks(coalition, "2026-01")["agreements_cover"].count == 1


def test_an_acceptance_covers_what_offended_then_and_no_other_thing_of_the_same_number(live: Flask) -> None:
    coalition = Coalition()
    first, second = coalition.join("A"), coalition.join("B")
    coalition.issue(1000, JANUARY, {"A": 1})
    coalition.accrue()
    accept(coalition, "2026-01", "agreements_cover")
    transact(lambda: terms.agree(first, on_issue("0.01"), starts_on=JANUARY))

    coalition.issue(5, JANUARY, {"B": 1})
    coalition.accrue()
    other = the_checks(coalition, "2026-01")["agreements_cover"]
    transact(lambda: terms.agree(second, on_issue("0.01"), starts_on=JANUARY))

    assert (other.count, other.passed) == (1, False)
    assert coalition.close("2026-01").period.state == "closed"


def test_an_acceptance_stands_while_some_of_what_it_covers_is_settled(live: Flask) -> None:
    coalition = Coalition()
    first = coalition.join("A")
    coalition.join("B")
    for name in ("A", "B"):
        coalition.issue(1000, JANUARY, {name: 1})
    coalition.accrue()
    assert accept(coalition, "2026-01", "agreements_cover").count == 2

    transact(lambda: terms.agree(first, on_issue("0.01"), starts_on=JANUARY))
    coalition.accrue()

    left = the_checks(coalition, "2026-01")["agreements_cover"]
    assert (left.count, left.passed, left.reason) == (1, True, "They will sign in March.")


def test_a_law_that_was_not_asked_since_the_period_was_over_holds_up_its_close(live: Flask) -> None:
    coalition = Coalition()
    transact(lambda: accruals.open_period(coalition.program.id, "2026-01"))
    code = laws.laws()[0].code
    old = dt.datetime(2026, 1, 31, 21, 59, tzinfo=dt.UTC)

    def ask_all(at: str = "now()") -> None:
        execute("DELETE FROM law_verdict")
        for law in laws.laws():
            execute(f"INSERT INTO law_verdict (code, offending, asked_at) VALUES (:code, 0, {at})", {"code": law.code})

    assert the_checks(coalition, "2026-01")["laws_hold"].ok
    transact(ask_all)
    assert the_checks(coalition, "2026-01")["laws_hold"].ok
    transact(lambda: execute("UPDATE law_verdict SET asked_at = :at WHERE code = :code", {"at": old, "code": code}))
    stale = the_checks(coalition, "2026-01")["laws_hold"]
    transact(lambda: execute("DELETE FROM law_verdict WHERE code = :code", {"code": code}))
    missing = the_checks(coalition, "2026-01")["laws_hold"]

    assert (stale.count, stale.names) == (1, (f"law {code} was not asked since 2026-01-31 22:00 UTC",))
    assert missing.names == stale.names


def test_a_feed_that_waits_for_approval_holds_up_the_close_of_its_period_alone(live: Flask) -> None:
    coalition = Coalition()

    for code in ("2025-12", "2026-01"):
        transact(lambda code=code: accruals.open_period(coalition.program.id, code))

    def held() -> None:
        supplier = a_supplier(coalition.program)
        feed = suppliers.create_feed(supplier.id, "main")
        execute(
            "INSERT INTO feed_run (feed_id, state, reason_code, holds, created_at)"
            " VALUES (:feed, 'held', 'prices_jumped', '{all}', :at)",
            {"feed": feed.id, "at": JANUARY},
        )

    transact(held)

    assert the_checks(coalition, "2025-12")["feeds_decided"].ok
    assert the_checks(coalition, "2026-01")["feeds_decided"].count == 1
    with pytest.raises(Conflict, match="checklist_open"):
        coalition.close("2026-01")
    run = transact(lambda: fetch_one("SELECT id FROM feed_run")).id
    transact(lambda: suppliers.reject(run, "too dear"))
    assert the_checks(coalition, "2026-01")["feeds_decided"].ok


def test_offended_laws_and_unread_files_stop_a_close_with_their_codes(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    coalition.issue(1000, JANUARY, {"A": 1})
    coalition.accrue()

    def trouble() -> None:
        execute("INSERT INTO law_verdict (code, offending, asked_at) VALUES ('P2', 3, now())")
        execute(
            "INSERT INTO registry (program_id, partner_id, content, dry_run, file_key, size_bytes, sha256)"
            " VALUES (:program, :partner, 'any', false, 'x', 1, 'y')",
            {"program": coalition.program.id, "partner": coalition.partners["A"]},
        )

    transact(trouble)

    with pytest.raises(Conflict) as refused:
        coalition.close("2026-01")
    assert refused.value.code == "checklist_open"
    assert refused.value.extra["checks"] == ["registries_in", "laws_hold"]
    for code in ("registries_in", "laws_hold"):
        accept(coalition, "2026-01", code)
    assert coalition.close("2026-01").period.state == "closed"


def test_only_something_countable_is_accepted_and_only_with_a_reason(live: Flask) -> None:
    coalition = Coalition()

    with pytest.raises(Invalid):
        accept(coalition, "2026-01", "agreements_cover", "  ")
    for code in ("month_over", "fx_rates", "nonsense"):
        with pytest.raises(Conflict, match="check_unacceptable"):
            accept(coalition, "2026-01", code)


def test_a_preview_of_an_open_period_is_what_its_close_states(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.010001", "0.0015"))
    coalition.issue(12_345, JANUARY, {"A": 1})
    coalition.redeem(678, FEBRUARY)
    coalition.accrue()

    preview = transact(lambda: statements.preview(coalition.program.id, "2026-01"))
    closed = coalition.close("2026-01")

    assert transact(lambda: statements.drawn_of(closed.period)) == preview
    assert transact(lambda: fetch_one("SELECT count(*) AS n FROM outbox WHERE kind = 'period.closed'")).n == 1
