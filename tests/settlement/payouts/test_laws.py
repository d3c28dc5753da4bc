"""The laws of payments find what offends them: each is broken by its tables' owner, and reports it."""

from __future__ import annotations

import pytest

from tests.settlement.builders import Coalition, broken_laws
from tests.settlement.payouts.builders import Cashier, Finance, as_owner, work_off

OFFENCES = {
    "N1": "UPDATE payout_payment SET state = 'dropped', paid_minor = 1",
    "N2": "UPDATE payout_payment SET amount_minor = amount_minor + 1",
    "N3": "DELETE FROM payout_request",
    "N4": "UPDATE payout_payment SET paid_minor = 1",
    "N5": "UPDATE payout_run SET content_hash = sha256('another')",
    "N6": "UPDATE entity_account SET connected = 'acct_thief'",
    "N7": "UPDATE payout_payment SET state = 'rejected'",
}
REPAIR = "UPDATE entity_account e SET connected = a.payload ->> 'connected' FROM approval a WHERE a.id = e.approval_id"


@pytest.mark.parametrize("code", OFFENCES)
def test_an_offence_is_found(coalition: Coalition, finance: Finance, cashier: Cashier, code: str) -> None:
    finance.committed(coalition)
    work_off(2)
    assert broken_laws() == {}

    as_owner(OFFENCES[code])

    assert code in broken_laws()
    as_owner(REPAIR)
