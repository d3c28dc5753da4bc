"""Bundles: every statement has one, it verifies, and it is the same bytes whenever it is written."""

from __future__ import annotations

from pathlib import Path

from coalition.kernel.db import transact
from settlement import statements
from settlement.proofs.verifier.verifying import verify
from tests.settlement.builders import Coalition
from tests.settlement.proofs.conftest import bundle, prove


def test_every_statement_of_a_closed_period_has_a_bundle_that_verifies(coalition: Coalition, tmp_path: Path) -> None:
    closed = coalition.close("2026-05")

    done = prove()

    assert (done.periods, done.bundles, done.refused) == (1, 4, ())
    verdicts = {}
    for statement_id in closed.statements:
        statement = transact(lambda id=statement_id: statements.get(id))
        verdict = verify(bundle(statement_id, tmp_path))
        assert (verdict.number, verdict.position) == (statement.number, statement.position_minor)
        verdicts[statement.is_operator] = verdict
    assert sum(verify(bundle(one, tmp_path)).position for one in closed.statements) == 0
    assert verdicts[True].entries == 0 and verdicts[True].lines > 3


def test_the_lines_that_postgresql_writes_are_the_entries_of_the_statement(
    coalition: Coalition, tmp_path: Path
) -> None:
    """Points of shared lots spent, taken back a period later; expiries; deliveries and returns; names to be escaped."""
    program, zone = coalition.program, coalition.program.zone
    coalition.take_back("S", MAY, 260)
    closed = [coalition.close("2026-05")]
    a_month(coalition, JUNE)
    transact(lambda: refund(coalition, JUNE))
    closed.append(coalition.close("2026-06"))
    assert program and zone
    prove()

    seen = set()
    for statement_id in (one for period in closed for one in period.statements):
        statement = transact(lambda id=statement_id: statements.get(id))
        lines = forging.opened(bundle(statement_id, tmp_path))[archive.ENTRIES].splitlines()
        found, after = transact(lambda one=statement: statements.entries(one, None, 10_000))
        assert after is None
        assert [told(json.loads(line)) for line in lines] == [due(entry) for entry in found]
        for line in lines:
            assert json.dumps(json.loads(line), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == line.decode()
        seen |= {entry.code for entry in found} | {entry.document for entry in found}
    assert {"issue_funding", "redeemed", "taken_back", "delivery", "issuer_credit", "redeemer_credit"} <= seen


def told(line: dict[str, Any]) -> tuple[Any, ...]:
    when = (dt.datetime.fromisoformat(line["occurred_at"]), line["booked_on"])
    figures = (line["points"], Decimal(line["price"]), Decimal(line["amount"]), line["agreement"])
    return (line["movement"], line["kind"], line["charge"], *when, line["reference"], *figures, line["document"],
            line["reverses"])  # fmt: skip


def due(entry: statements.Entry) -> tuple[Any, ...]:
    when = (entry.occurred_at, entry.booked_on.isoformat())
    figures = (entry.points, entry.unit_price, entry.amount, entry.agreement_id)
    return (entry.movement_id, entry.kind, entry.code, *when, entry.reference, *figures, entry.document, entry.reverses)
