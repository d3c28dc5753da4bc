"""The laws of the signed history find what offends them: each is broken by its tables' owner, and reports it."""

from __future__ import annotations

from psycopg import connect

from coalition.kernel.config import current
from coalition.kernel.db import transact
from settlement.proofs import tree as trees
from settlement.proofs.verifier.merkle import leaf_hash
from tests.settlement.builders import Coalition, broken_laws
from tests.settlement.proofs.conftest import JUNE, a_month, prove

FIRST = "WHERE movement_id = (SELECT min(movement_id) FROM accrual WHERE kind = 'issue')"
# What offends, and what takes the offence back.
OFFENCES = {
    "P50": (
        "UPDATE proof_span SET leaves = leaves - 1 WHERE first_leaf = 0",
        "UPDATE proof_span SET leaves = leaves + 1 WHERE first_leaf = 0",
    ),
    "P51": (
        f"UPDATE accrual SET service_price = 0 {FIRST}",
        f"UPDATE accrual SET service_price = 0.0015 {FIRST}",
    ),
    "P52": (
        "UPDATE proof_tile SET hashes = set_byte(hashes, 8000, get_byte(hashes, 8000) # 1) WHERE width = 256",
        "UPDATE proof_tile SET hashes = set_byte(hashes, 8000, get_byte(hashes, 8000) # 1) WHERE width = 256",
    ),
    "P53": (
        "UPDATE proof_head SET root = set_byte(root, 3, get_byte(root, 3) # 1)",
        "UPDATE proof_head SET root = set_byte(root, 3, get_byte(root, 3) # 1)",
    ),
    "P54": (
        "UPDATE statement_bundle SET key = key || '.bak'",
        "UPDATE statement_bundle SET key = substr(key, 1, length(key) - 4)",
    ),
    "P55": ("GRANT DELETE ON proof_tile TO coalition_app", "REVOKE DELETE ON proof_tile FROM coalition_app"),
}


def test_no_law_is_broken_by_proving_and_each_offence_is_found(coalition: Coalition) -> None:
    coalition.take_back("S", JUNE, 260)
    coalition.close("2026-05")
    prove()
    a_month(coalition, JUNE)
    coalition.close("2026-06")
    prove()

    def grow() -> None:
        growth = trees.Growth(10**6, 0)
        growth.add([leaf_hash(b"%d" % no) for no in range(700)])
        growth.finish()

    transact(grow)
    assert broken_laws() == {}

    for code, (offence, amends) in OFFENCES.items():
        with connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as owner:
            owner.execute(offence.encode())
            assert code in broken_laws(), code
            owner.execute(amends.encode())
    assert broken_laws() == {}
