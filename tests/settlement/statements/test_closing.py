"""Closing a period through the real ledger."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from flask import Flask

from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid
from coalition.kernel.money import to_minor
from settlement import accruals
from settlement.terms import Prices
from tests.settlement.builders import Coalition, broken_laws, count_rows, on_issue
from tests.settlement.statements.test_arithmetic_vectors import VECTOR

JANUARY = dt.date(2026, 1, 15)


def positions(period_id: int) -> dict[int, int]:
    rows = transact(
        lambda: fetch_all(
            "SELECT legal_entity_id, position_minor FROM statement WHERE period_id = :id", {"id": period_id}
        )
    )
    return {row.legal_entity_id: row.position_minor for row in rows}


def agreed(facts: dict[str, Any]) -> Prices:
    return Prices(
        funding_mode="none" if facts["mode"] == "supplier" else facts["mode"],
        issue_price=Decimal(facts.get("issue", "0")),
        redemption_price=Decimal(facts.get("redeem", "0")),
        service_price=Decimal(facts.get("service", "0")),
        redeemer_rate=Decimal(facts["redeemer_rate"]) if "redeemer_rate" in facts else None,
        breakage_share=Decimal(facts.get("breakage_share", "0")),
        vat_rate=Decimal(VECTOR["vat_rate"]),
    )


def test_vector_quarter_closes_to_the_cent_from_the_ledger(live: Flask) -> None:
    coalition = Coalition()
    for name, facts in VECTOR["agreements"].items():
        coalition.join(name, agreed(facts))
    transact(lambda: accruals.open_period(coalition.program.id, "2026-Q1"))
    for lot in VECTOR["lots"]:
        # The example's expiries are past by now: all are moved by the same span, which keeps their order.
        ends = dt.datetime.fromisoformat(lot["expires"]).replace(tzinfo=dt.UTC) + dt.timedelta(days=3650)
        coalition.issue(lot["points"], dt.date.fromisoformat(lot["issued"]), lot["legs"], expires_at=ends)
    for redemption in VECTOR["redemptions"]:
        day = dt.date.fromisoformat(redemption["at"])
        assert coalition.redeem(redemption["points"], day, redemption.get("redeemer"))
        if "supplier" in redemption:
            net = to_minor(Decimal(redemption["supplier_net"]))
            coalition.deliver(redemption["supplier"], day, net - 80, 80)

    closed = coalition.close("2026-Q1")

    found = positions(closed.period.id)
    expected = VECTOR["statements"][0]["parties"]
    for name, party in expected.items():
        entity = coalition.operator.id if name == "operator" else coalition.entities[name]
        assert found[entity] == to_minor(Decimal(party["position"])), name
    assert sum(found.values()) == 0
    assert broken_laws() == {}
    assert transact(lambda: accruals.rebuild(coalition.program.id)).differing == 0


def test_a_period_is_closed_once(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    coalition.issue(1000, JANUARY, {"A": 1})

    first = coalition.close("2026-01")

    with pytest.raises(Conflict, match="period_closed"):
        coalition.close("2026-01")
    assert len(first.statements) == 2
    assert count_rows("statement") == 2


def test_a_future_period_is_refused_and_so_is_nonsense(live: Flask) -> None:
    coalition = Coalition()

    with pytest.raises(Conflict, match="period_in_future"):
        coalition.close("2090-01")
    with pytest.raises(Invalid, match="bad_period"):
        coalition.close("2026-13")

    assert count_rows("settlement_closure") == 0


def test_what_comes_after_the_close_is_booked_in_the_next_period_and_the_closed_one_stays(live: Flask) -> None:
    coalition = Coalition()
    entity = coalition.join("A", on_issue("0.01"))
    coalition.issue(1000, JANUARY, {"A": 1})
    january = coalition.close("2026-01")

    coalition.issue(500, JANUARY, {"A": 1})
    february = coalition.close("2026-02")

    assert positions(january.period.id)[entity] == -1000
    assert positions(february.period.id)[entity] == -500
    late = transact(lambda: fetch_one("SELECT * FROM accrual WHERE points = 500"))
    assert (late.occurred_on, late.booked_on) == (JANUARY, dt.date(2026, 2, 1))


def test_a_period_with_uncovered_movements_does_not_close_until_there_is_an_agreement(live: Flask) -> None:
    from settlement import terms

    coalition = Coalition()
    entity = coalition.join("A")
    coalition.issue(1000, JANUARY, {"A": 1})

    with pytest.raises(Conflict, match="agreements_missing"):
        coalition.close("2026-01")
    transact(lambda: terms.agree(entity, on_issue("0.02"), starts_on=JANUARY))
    closed = coalition.close("2026-01")

    assert positions(closed.period.id)[entity] == -2000
    assert count_rows("accrual_suspense") == 0


def test_the_operators_own_points_cost_nobody_anything(live: Flask) -> None:
    coalition = Coalition()
    coalition.entities["own"], coalition.partners["own"] = coalition.operator.id, coalition.operator.partner_id
    coalition.issue(1000, JANUARY, {"own": 1})
    coalition.redeem(400, JANUARY)

    closed = coalition.close("2026-01")

    assert positions(closed.period.id) == {coalition.operator.id: 0}
    assert count_rows("accrual") == 2


@pytest.mark.parametrize(
    "table",
    ["settlement_reopening", "close_acceptance", "accrual_deferral", "adjustment", "fx_rate", "statement_event"],
)
def test_the_application_may_add_to_what_closing_keeps_and_change_nothing(live: Flask, table: str) -> None:
    rights = transact(
        lambda: fetch_one(
            "SELECT has_table_privilege(:t, 'INSERT') AS adds, has_table_privilege(:t, 'UPDATE')"
            " OR has_table_privilege(:t, 'DELETE') OR has_table_privilege(:t, 'TRUNCATE') AS changes",
            {"t": table},
        )
    )
    assert (rights.adds, rights.changes) == (True, False)
    with pytest.raises(Exception, match="permission denied"):
        transact(lambda: execute(f"DELETE FROM {table}"))


@pytest.mark.parametrize(
    "table", ["statement", "statement_document", "statement_line", "accrual", "settlement_closure"]
)
def test_the_application_cannot_change_what_is_closed(live: Flask, table: str) -> None:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    coalition.issue(1000, JANUARY, {"A": 1})
    coalition.close("2026-01")
    column = {
        "statement": "position_minor",
        "statement_document": "net_minor",
        "statement_line": "net_minor",
        "accrual": "points",
        "settlement_closure": "closed_by",
    }[table]

    for change in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(Exception, match="permission denied") as refused:
            transact(lambda change=change: execute(change))
        assert isinstance(refused.value.__cause__ or refused.value.orig, psycopg.errors.InsufficientPrivilege)
