"""Whatever happens, in whatever order, and whenever periods are closed: every point and every cent is accounted for.

`SETTLEMENT_SCRIPTS` says how many histories are tried (4, or 200 in `make campaign`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from decimal import Decimal
from itertools import count
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalition import ledger
from coalition.kernel.clock import start_of_day
from coalition.kernel.db import fetch_all, fetch_one, transact
from coalition.ledger import Operation
from settlement import accruals
from settlement.terms import Prices
from tests.settlement.builders import Coalition, broken_laws, on_issue

SCRIPTS = int(os.environ.get("SETTLEMENT_SCRIPTS", "4"))
MONTHS = ("2026-03", "2026-04", "2026-05", "2026-06")
_keys = count(1)
# What was issued, redeemed, expired and clawed back of every lot and leg, beside what its open lots still hold.
LEFT_OVER = """
WITH moved AS (
  SELECT lot_id, party_id, sum(CASE kind WHEN 'issue' THEN points ELSE -points END)::bigint AS points
    FROM ledger_movements WHERE program_id = :program GROUP BY 1, 2),
held AS (
  SELECT coalesce(e.root_id, l.entry_id) AS lot_id, s.party_id, sum(s.points)::bigint AS points
    FROM lot l JOIN entry e ON e.account_id = l.account_id AND e.id = l.entry_id
   CROSS JOIN LATERAL ledger_split(l.funding_id, l.amount - l.remaining, l.amount) s
   WHERE e.program_id = :program GROUP BY 1, 2)
SELECT lot_id, party_id, m.points AS moved, h.points AS held FROM moved m FULL JOIN held h USING (lot_id, party_id)
 WHERE coalesce(m.points, 0) <> coalesce(h.points, 0)"""
# The same as settlement has it, by funder.
FUNDED = """
SELECT funder_id, sum(CASE kind WHEN 'issue' THEN points WHEN 'adjust' THEN 0 ELSE -points END)::bigint AS points
  FROM accrual WHERE program_id = :program GROUP BY 1
EXCEPT
SELECT s.party_id, sum(s.points)::bigint FROM lot l JOIN entry e ON e.account_id = l.account_id AND e.id = l.entry_id
 CROSS JOIN LATERAL ledger_split(l.funding_id, l.amount - l.remaining, l.amount) s
 WHERE e.program_id = :program GROUP BY 1"""

days = st.dates(dt.date(2026, 3, 1), dt.date(2026, 6, 30))
points = st.integers(1, 5000)
steps = st.one_of(
    st.tuples(st.just("issue"), points, days, st.sampled_from(["A", "B", "AB", "BA"])),
    st.tuples(st.just("issue"), points, days, st.sampled_from(["A", "B", "AB", "BA"])),
    st.tuples(st.just("redeem"), points, days, st.sampled_from(["A", "B", None])),
    st.tuples(st.just("give_back"), points, days, st.none()),
    st.tuples(st.just("claw_back"), points, days, st.none()),
    st.tuples(st.just("accrue"), points, days, st.none()),
    st.tuples(st.just("close"), points, days, st.none()),
)


@settings(max_examples=SCRIPTS, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.lists(steps, min_size=6, max_size=24))
def test_every_point_is_accounted_for_by_lot_and_by_leg_and_every_cent_sums_to_zero(
    live: Flask, script: list[tuple[str, int, dt.date, str | None]]
) -> None:
    coalition = _a_coalition()
    closable, stated = list(MONTHS), {}

    for what, amount, day, who in script:
        if what == "issue":
            coalition.issue(amount, day, {name: 3 + 2 * at for at, name in enumerate(who or "A")})
        elif what == "redeem":
            coalition.redeem(amount, day, who)
        elif what == "give_back":
            _give_back(coalition, amount, day)
        elif what == "claw_back":
            _claw_back(coalition, amount, day)
        elif what == "accrue":
            coalition.accrue()
        elif closable:
            coalition.close(closable[0])
            stated[closable.pop(0)] = None
            stated = {code: _positions(coalition, code) for code in stated}
    frozen = dict(stated)
    coalition.accrue()

    program = {"program": coalition.program.id}
    assert transact(lambda: fetch_all(LEFT_OVER, program)) == []
    assert [row for row in transact(lambda: fetch_all(FUNDED, program)) if row.points] == []
    assert {code: _positions(coalition, code) for code in frozen} == frozen
    assert all(sum(positions.values()) == 0 for positions in frozen.values())
    once = transact(lambda: fetch_all("SELECT movement_id FROM ledger_movements WHERE program_id = :program", program))
    kept = transact(lambda: fetch_all("SELECT movement_id FROM accrual WHERE program_id = :program", program))
    assert sorted(row.movement_id for row in once) == sorted(row.movement_id for row in kept)
    assert broken_laws() == {}
    assert transact(lambda: accruals.rebuild(coalition.program.id)).differing == 0


def _a_coalition() -> Coalition:
    coalition = Coalition()
    hybrid = Prices(
        funding_mode="hybrid",
        issue_price=Decimal("0.006"),
        redemption_price=Decimal("0.004001"),
        service_price=Decimal("0.0012"),
        redeemer_rate=Decimal("0.0095"),
        reversal_order="pro_rata",
        vat_rate=Decimal("0.21"),
    )
    coalition.join("A", hybrid)
    coalition.join("B", on_issue("0.010003", "0.0015", redeemer_rate=Decimal("0.008")))
    return coalition


def _positions(coalition: Coalition, code: str) -> dict[int, int]:
    rows = transact(
        lambda: fetch_all(
            "SELECT s.legal_entity_id, s.position_minor FROM statement s JOIN settlement_period p ON p.id = s.period_id"
            " WHERE p.program_id = :program AND p.code = :code",
            {"program": coalition.program.id, "code": code},
        )
    )
    return {row.legal_entity_id: row.position_minor for row in rows}


def _give_back(coalition: Coalition, amount: int, day: dt.date) -> None:
    """A part of the largest redemption that has something left comes back."""
    found = transact(
        lambda: fetch_one(
            "SELECT e.account_id, e.id, e.partner_id, -e.amount - coalesce((SELECT sum(r.amount) FROM entry r"
            "   WHERE r.account_id = e.account_id AND r.origin_id = e.id AND r.kind = 7), 0) AS left_over"
            "  FROM entry e JOIN account c ON c.id = e.contra_id"
            " WHERE e.program_id = :program AND e.kind = 2 AND c.kind = 3 ORDER BY 4 DESC, e.id LIMIT 1",
            {"program": coalition.program.id},
        )
    )
    if found is None or found.left_over <= 0:
        return
    back = ledger.GiveBack(
        account_id=found.account_id,
        entry_id=found.id,
        amount=min(amount, int(found.left_over)),
        partner_id=found.partner_id,
        operation=Operation.RETURN,
        **_key(coalition, day),
    )
    transact(lambda: ledger.give_back([back]))


def _claw_back(coalition: Coalition, amount: int, day: dt.date) -> None:
    """A part of what is left of the largest lot is clawed back: nothing is owed for it."""
    found = transact(
        lambda: fetch_one(
            "SELECT e.*, l.remaining FROM lot l JOIN entry e ON e.account_id = l.account_id AND e.id = l.entry_id"
            " WHERE e.program_id = :program AND e.kind = 1 ORDER BY l.remaining DESC, e.id LIMIT 1",
            {"program": coalition.program.id},
        )
    )
    if found is None:
        return
    claw = ledger.ClawBack(
        account_id=found.account_id,
        credit_id=found.id,
        contra_id=found.contra_id,
        amount=min(amount, found.remaining),
        policy="arrears",
        debt_floor=10**6,
        program_id=found.program_id,
        partner_id=found.partner_id,
        currency_id=found.currency_id,
        operation=Operation.RETURN,
        **_key(coalition, day),
    )
    transact(lambda: ledger.claw_back([claw]))


def _key(coalition: Coalition, day: dt.date) -> dict[str, Any]:
    key = f"prop-{next(_keys)}"
    return {
        "occurred_at": start_of_day(day, coalition.program.zone) + dt.timedelta(hours=12),
        "external_id": key,
        "request_hash": hashlib.sha256(key.encode()).digest(),
    }
