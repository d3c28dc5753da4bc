"""Bundles: every statement has one, it verifies, and its lines are the statement's entries."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from coalition.kernel import clock
from coalition.kernel.db import transact
from settlement import statements, terms
from settlement.proofs.verifier import archive
from settlement.proofs.verifier.differences import Difference
from settlement.proofs.verifier.verifying import verify
from tests.settlement.accruals import test_points_taken_back as points_taken_back
from tests.settlement.builders import Coalition, a_person, acting, approved
from tests.settlement.proofs import forging
from tests.settlement.proofs.conftest import BOTH, JUNE, MAY, a_month, bundle, prove

ENDS = [dt.datetime(2026, 5, 29, 16, tzinfo=dt.UTC), dt.datetime(2026, 6, 29, 16, tzinfo=dt.UTC)]


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


def test_the_lines_that_postgresql_writes_are_the_entries_of_every_kind_of_statement(
    coalition: Coalition, tmp_path: Path
) -> None:
    """Dollars; points given and clawed back a period later; a return; an adjustment; a name that JSON must escape."""
    for end in ENDS:
        transact(lambda end=end: statements.enter_rate("EUR", "USD", Decimal("1.0837"), 'the "bank"', end))
    dollars = coalition.join("D")
    transact(lambda: terms.agree(dollars, BOTH, starts_on=dt.date(2020, 1, 1), currency="USD"))
    coalition.issue(40_404, MAY, {"D": 1}, member=9)
    coalition.redeem(404, MAY, "D", member=9)
    coalition.take_back("S", MAY, 260)
    closed = [coalition.close("2026-05")]
    points_taken_back._give_back(coalition, 3333, 1111, JUNE)
    points_taken_back._claw_back(coalition, 40_404, 300, JUNE)
    a_month(coalition, JUNE)
    one, other = a_person("one"), a_person("other")
    acting(one)
    words = {"reason_code": "error", "note": "Counted twice.", "key": "x", "dispute_ref": 'dsp\\"\u2028я'}
    approved(transact(lambda: statements.adjust(coalition.entities["A"], -250, **words)), other)
    closed.append(coalition.close("2026-06"))
    [adjustment] = transact(lambda: statements.adjustments(coalition.program.id))
    closed.append(coalition.close(adjustment.period_code))

    assert prove().refused == ()

    seen = set()
    for statement_id in (one for period in closed for one in period.statements):
        statement = transact(lambda id=statement_id: statements.get(id))
        path = bundle(statement_id, tmp_path)
        lines = forging.opened(path)[archive.ENTRIES].splitlines()
        found, after = transact(lambda one=statement: statements.entries(one, None, 10_000))
        assert after is None
        assert [told(json.loads(line)) for line in lines] == [due(entry) for entry in found]
        for line in lines:
            assert canonical(json.loads(line)) == line
        assert verify(path).position == statement.position_minor
        seen |= {entry.code for entry in found} | {entry.document for entry in found}
        seen |= {"dollars"} if forging.opened(path)[archive.RATES] else set()
        seen |= {"reverses"} if any(entry.reverses for entry in found) else set()
    assert {"taken_back", "delivery", "issuer_credit", "redeemer_credit", "adjustment", "dollars", "reverses"} <= seen


def test_a_rate_that_was_changed_is_named(coalition: Coalition, tmp_path: Path) -> None:
    transact(lambda: statements.enter_rate("EUR", "USD", Decimal("1.0837"), "ECB", ENDS[0]))
    dollars = coalition.join("D")
    transact(lambda: terms.agree(dollars, BOTH, starts_on=dt.date(2020, 1, 1), currency="USD"))
    coalition.issue(40_404, MAY, {"D": 1})
    closed = coalition.close("2026-05")
    prove()
    [path] = [one for id in closed.statements if forging.opened(one := bundle(id, tmp_path))[archive.RATES]]
    whole = forging.opened(path)
    changed = {**whole, archive.RATES: whole[archive.RATES].replace(b"1.0837", b"1.1837")}

    for forged, code in (
        (changed, "hash"),
        (forging.with_manifest(changed), "hash"),
        (forging.with_manifest(forging.with_leaves(changed)), "amount_differs"),
    ):
        with pytest.raises(Difference) as refused:
            verify(forging.packed(forged, tmp_path / "forged.zip"))
        assert refused.value.code == code
        assert code != "hash" or (refused.value.member, refused.value.line) == (archive.RATES, 1)


def test_a_version_that_was_replaced_is_proven_as_it_was_stated(coalition: Coalition, tmp_path: Path) -> None:
    first = coalition.close("2026-05")
    one, other = a_person("one"), a_person("other")
    acting(one)
    asked = transact(lambda: statements.reopen(coalition.program.id, "2026-05", "A file was forgotten."))
    approved(asked, other)
    coalition.issue(300, MAY, {"A": 1})
    second = coalition.close("2026-05")

    assert prove().refused == ()

    old, new = (transact(lambda id=id: statements.get(id)) for id in (first.statements[0], second.statements[0]))
    assert (old.replaced, old.legal_entity_id) == (True, new.legal_entity_id)
    before, after = (verify(bundle(one.id, tmp_path)) for one in (old, new))
    assert (before.position, after.position) == (old.position_minor, new.position_minor)
    assert after.entries == before.entries + 2
    assert before.tree.first < after.tree.first


def test_a_version_that_was_replaced_has_no_adjustment_that_was_booked_after_it(
    coalition: Coalition, tmp_path: Path
) -> None:
    today = clock.month_code(clock.local_date(clock.now(), coalition.program.zone))
    one, other = a_person("one"), a_person("other")
    versions = []
    for no, amount in enumerate((-250, -20)):
        if versions:
            acting(one)
            approved(transact(lambda: statements.reopen(coalition.program.id, today, "Forgotten.")), other)
        acting(one)
        words = {"reason_code": "error", "note": "Counted twice.", "key": f"x{no}"}
        asked = transact(lambda: statements.adjust(coalition.entities["A"], amount, **words))  # noqa: B023
        approved(asked, other)
        versions.append(coalition.close(today).statements[0])

    assert prove().refused == ()

    assert [verify(bundle(id, tmp_path)).position for id in versions] == [-250, -270]


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def told(line: dict[str, Any]) -> tuple[Any, ...]:
    when = (dt.datetime.fromisoformat(line["occurred_at"]), line["booked_on"])
    figures = (line["points"], Decimal(line["price"]), Decimal(line["amount"]), line["agreement"])
    return (line["movement"], line["kind"], line["charge"], *when, line["reference"], *figures, line["document"],
            line["reverses"])  # fmt: skip


def due(entry: statements.Entry) -> tuple[Any, ...]:
    when = (entry.occurred_at, entry.booked_on.isoformat())
    figures = (entry.points, entry.unit_price, entry.amount, entry.agreement_id)
    return (entry.movement_id, entry.kind, entry.code, *when, entry.reference, *figures, entry.document, entry.reverses)
