"""Finance's page of proofs: heads, keys, bundles and the verifier can be had there, and by nobody else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import transact
from settlement import proofs
from settlement.proofs.verifier.notes import parse_checkpoint, parse_growth
from tests.settlement.builders import Coalition
from tests.settlement.console.test_pages import PASSWORD
from tests.settlement.proofs.conftest import JUNE, a_month, coalition, prove
from tests.settlement.proofs.test_witnessing import Partner

__all__ = ["coalition"]


@pytest.fixture
def finance(live: Flask) -> FlaskClient:
    transact(lambda: access.create_user("finance@coral.test", PASSWORD, ["finance"], "staff"))
    client = live.test_client()
    client.post("/login", data={"email": "finance@coral.test", "password": PASSWORD})
    return client


def test_the_page_shows_what_was_signed_and_gives_every_file(
    live: Flask, coalition: Coalition, finance: FlaskClient, tmp_path: Path
) -> None:
    empty = finance.get("/console/proofs").text
    may = coalition.close("2026-05")
    prove()
    a_month(coalition, JUNE)
    coalition.close("2026-06")
    prove()
    new, old = transact(lambda: proofs.heads(coalition.program.id))
    witness = Partner.made("a.test/witness")
    transact(lambda: proofs.add_witness(coalition.program.id, coalition.partners["A"], str(witness.key)))
    transact(lambda: proofs.cosign(coalition.program.id, coalition.partners["A"], witness.cosigned(new.checkpoint)))

    page = finance.get("/console/proofs").text
    checkpoint = finance.get(f"/console/proofs/coral/{new.size}/checkpoint").text
    growth = finance.get(f"/console/proofs/coral/{old.size}/{new.size}/consistency").text
    file = finance.get(f"/console/proofs/bundles/{ids.public('stm', may.statements[0])}")
    (tmp_path / "bundle.zip").write_bytes(file.data)
    (tmp_path / "verifier.pyz").write_bytes(finance.get("/console/proofs/verifier.pyz").data)
    key = str(transact(lambda: proofs.keys(coalition.program.id))[0])
    alone = [sys.executable, "-I", "-S", str(tmp_path / "verifier.pyz"), str(tmp_path / "bundle.zip")]
    done = subprocess.run([*alone, "--key", key], capture_output=True, text=True, timeout=60)

    assert "Nothing is signed yet" in empty
    assert new.root.hex()[:16] in page and "a.test/witness" in page and key in page
    assert page.count("2026-05/") >= 4
    assert parse_checkpoint(checkpoint).size == new.size and len(parse_checkpoint(checkpoint).signatures) == 2
    assert parse_growth(growth)[0] == (old.size, new.size)
    assert file.status_code == 200 and done.returncode == 0, done.stdout + done.stderr
    assert "OK  statement" in done.stdout and "NOT checked" in done.stdout
    assert live.test_client().get("/console/proofs").status_code in (302, 303, 401, 403)
    assert finance.get("/console/proofs/coral/1/checkpoint").status_code == 404
