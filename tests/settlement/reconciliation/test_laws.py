"""The laws of disputes and reconciliations find what offends them."""

from __future__ import annotations

import pytest
from flask import Flask
from psycopg import connect

from coalition.kernel.config import current
from tests.settlement.builders import broken_laws
from tests.settlement.reconciliation.builders import a_closed_month, a_dispute, a_till, lines, movement_of

OFFENCES = {
    "Q1": "UPDATE dispute_claim SET claimed_minor = claimed_minor - 1 WHERE subject LIKE 'm%'",
    "Q2": "UPDATE dispute SET due_at = now() - interval '1 hour'",
    "Q3": "DELETE FROM reconciliation_difference",
    "Q4": "UPDATE reconciliation SET rejected = rejected + 1",
}


@pytest.mark.parametrize("code", OFFENCES)
def test_an_offence_is_found(live: Flask, code: str) -> None:
    coalition = a_closed_month()
    a_dispute(coalition, movement_id=movement_of(coalition, "A"), amount_minor=100)
    till = a_till()
    till.accrue()
    till.send(lines({"external_id": "theirs"}, {}))
    assert broken_laws() == {}

    with connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute(OFFENCES[code].encode())

    assert code in broken_laws()
