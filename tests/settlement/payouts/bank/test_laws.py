"""The laws of invoices and of the bank find what offends them: each is broken by its tables' owner, and reports it."""

from __future__ import annotations

import pytest

from coalition.kernel.db import transact
from settlement.payouts import Run, bank, invoices
from tests.integrations.bank.camt import Entry, Transfer
from tests.settlement.builders import Coalition, broken_laws, send
from tests.settlement.payouts.bank.builders import export, ref, tell
from tests.settlement.payouts.builders import as_owner, of

OFFENCES = {
    "P61": "SET session_replication_role = replica; DELETE FROM invoice WHERE seq = 1 AND seller_id ="
    " (SELECT seller_id FROM invoice GROUP BY 1 HAVING count(*) > 1)",
    "P62": "UPDATE invoice SET net_minor = net_minor + 1, gross_minor = gross_minor + 1",
    "P63": "ALTER TABLE invoice DROP CONSTRAINT ck_invoice_xml; UPDATE invoice SET xml = 'x'",
    "P64": "UPDATE bank_order SET amount_minor = amount_minor + 1",
    "P65": "UPDATE bank_entry SET reference = reference || 'x'",
    "P66": "GRANT DELETE ON bank_statement TO coalition_app",
}
MENDED = {
    "P63": "TRUNCATE invoice; ALTER TABLE invoice ADD CONSTRAINT ck_invoice_xml CHECK (xml_sha256 = sha256(xml))",
    "P66": "REVOKE DELETE ON bank_statement FROM coalition_app",
}


@pytest.fixture
def story(coalition: Coalition, run: Run) -> Run:
    """Everything that could be: invoices, a file, a statement with returns, decisions that were taken back."""
    for name in ("A", "B", "C"):
        statement = of(coalition, run, name).statement_id
        send(statement)
        transact(lambda statement=statement: invoices.issue(statement))
    export(run)
    tell(
        Entry("-2.70", transfers=[Transfer(ref(coalition, run, "B"))]),
        Entry("13.00", transfers=[Transfer(ref(coalition, run, "A"))]),
        Entry("1.21"),
        Entry("-0.55"),
    )
    tell(
        Entry("2.70", transfers=[Transfer(ref(coalition, run, "B"), reason="AC04")]),
        Entry("13.00", "S1-2", [Transfer(ref(coalition, run, "A"))]),
        number="S2",
    )
    one, fee = transact(lambda: bank.waiting(coalition.program.id))
    transact(lambda: bank.assign(one.id, of(coalition, run, "C").id))
    transact(lambda: bank.undo(one.id))
    transact(lambda: bank.set_aside(fee.id, "fee"))
    return run


def test_no_law_is_broken_by_invoices_files_and_statements(story: Run) -> None:
    assert broken_laws() == {}


@pytest.mark.parametrize("code", OFFENCES)
def test_an_offence_is_found(story: Run, code: str) -> None:
    as_owner(OFFENCES[code])
    try:
        assert code in broken_laws()
    finally:
        as_owner(MENDED.get(code, "SELECT 1"))
