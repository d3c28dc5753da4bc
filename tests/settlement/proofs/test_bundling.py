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
