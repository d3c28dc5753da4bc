"""Each law of test mode sees the crime it is there for."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition import access, sandbox
from coalition.kernel import laws
from coalition.kernel.db import execute, transact
from settlement.laws import laws as settlement_laws
from tests.coalition.purchases.builders import a_shop

CRIMES = {
    "SB1": "UPDATE oauth_client SET client_id = 'client_' || id",
    "SB2": "UPDATE program SET kind = 'own' WHERE kind = 'test'",
    "SB3": "UPDATE user_account SET program_id = (SELECT id FROM program WHERE kind = 'test')",
    "SB4": "INSERT INTO settlement_period (program_id, code, starts_on, ends_on)"
    " SELECT id, '2026-11', '2026-11-01', '2026-11-30' FROM program WHERE kind = 'test'",
}
LAWS = [law for law in (*sandbox.laws(), *settlement_laws()) if law.code in CRIMES]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.code)
def test_a_law_holds_until_it_is_broken(app: Flask, law: laws.Law) -> None:
    shop = a_shop()
    transact(lambda: sandbox.switch_on(shop.partner.id))
    whose = f"partner:{shop.partner.id}"
    access.create_user("till@example.com", "a long enough password", ["partner"], whose, program_id=shop.program.id)
    assert laws.offending(law) == 0

    transact(lambda: execute(CRIMES[law.code]))

    assert laws.offending(law) == 1


def test_every_law_of_test_mode_has_its_crime() -> None:
    assert {law.code for law in LAWS} == set(CRIMES) == {*(law.code for law in sandbox.laws()), "SB4"}
