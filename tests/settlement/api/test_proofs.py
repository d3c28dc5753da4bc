"""Bundles and proofs over HTTP: a partner gets its own, checks the history, and countersigns it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from flask import Flask

from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.jobs import run_due
from settlement import proofs, statements
from settlement.proofs.verifier.notes import parse_checkpoint, parse_growth, parse_key, parse_proof, signed_by
from settlement.proofs.verifier.verifying import verify
from tests.settlement.api.test_statements import bearer
from tests.settlement.builders import Coalition
from tests.settlement.proofs.conftest import JUNE, a_month, coalition, prove
from tests.settlement.proofs.test_witnessing import Partner

__all__ = ["coalition"]


def test_a_partner_fetches_its_own_bundle_and_its_etag_is_its_hash(
    live: Flask, coalition: Coalition, tmp_path: Path
) -> None:
    mine, theirs = bearer(coalition, "A"), bearer(coalition, "B")
    closed, client = coalition.close_and_send("2026-05"), live.test_client()
    own = next(
        id
        for id in closed.statements
        if transact(lambda id=id: statements.get(id)).legal_entity_id == coalition.entities["A"]
    )
    path = f"/api/v1/statements/{ids.public('stm', own)}/bundle"

    early = client.get(path, headers=mine)
    prove()
    answer = client.get(path, headers=mine)
    again = client.get(path, headers={**mine, "If-None-Match": answer.headers["ETag"]})
    foreign = client.get(path, headers=theirs)

    assert (early.status_code, early.json["code"]) == (404, "bundle_not_ready")
    assert (early.json["retryable"], early.headers["Retry-After"]) == (True, "30")
    assert answer.status_code == 200 and answer.content_type == "application/zip"
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.data).hexdigest()}"'
    (tmp_path / "bundle.zip").write_bytes(answer.data)
    assert verify(tmp_path / "bundle.zip").number == "2026-05/A/1"
    assert (again.status_code, again.data) == (304, b"")
    assert (foreign.status_code, foreign.json["code"]) == (404, "not_found")
    proof = client.get(path.replace("/bundle", "/lines/1/proof"), headers=mine)
    assert parse_proof(proof.text)[2].size == 1 + verify(tmp_path / "bundle.zip").tree.size - 1
    assert client.get(path.replace("/bundle", "/lines/9999/proof"), headers=mine).status_code == 404
    assert client.get(path.replace("/bundle", "/lines/1/proof"), headers=theirs).status_code == 404


def test_a_partner_checks_the_history_and_countersigns_it(live: Flask, coalition: Coalition) -> None:
    coalition.close("2026-05")
    prove()
    a_month(coalition, JUNE)
    coalition.close("2026-06")
    prove()
    client, reader = live.test_client(), bearer(coalition, "A")
    signer, witness = bearer(coalition, "A", "statements:witness"), Partner.made("a.test/witness")

    found = client.get("/api/v1/proofs/heads", headers=reader).json
    new, old = (item["size"] for item in found["items"])
    note = client.get(f"/api/v1/proofs/heads/{new}/checkpoint", headers=reader).text
    growth = client.get(f"/api/v1/proofs/heads/{new}/consistency?from={old}", headers=reader).text
    added = client.post("/api/v1/proofs/witnesses", json={"key": str(witness.key)}, headers=signer)
    signed = client.post("/api/v1/proofs/cosignatures", json={"checkpoint": witness.cosigned(note)}, headers=signer)

    assert signed_by(parse_checkpoint(note), parse_key(found["keys"][0]))
    assert parse_growth(growth)[0] == (old, new)
    assert (added.status_code, signed.status_code) == (201, 201), signed.json
    assert (signed.json["witness"], signed.json["size"]) == ("a.test/witness", new)
    again = client.get("/api/v1/proofs/heads", headers=reader).json["items"]
    assert [item["witnesses"] for item in again] == [["a.test/witness"], []]
    bad = client.post("/api/v1/proofs/cosignatures", json={"checkpoint": note}, headers=signer)
    assert (bad.status_code, bad.json["code"]) == (422, "no_signature")
    assert client.post("/api/v1/proofs/witnesses", json={"key": "x"}, headers=reader).status_code == 403
    assert client.get(f"/api/v1/proofs/heads/{new + 1}/checkpoint", headers=reader).status_code == 404
    assert client.get(f"/api/v1/proofs/heads/{old}/consistency?from={new}", headers=reader).status_code == 404


def test_the_command_line_proves_and_verifies_and_the_job_has_nothing_left(
    live: Flask, coalition: Coalition, tmp_path: Path
) -> None:
    run = live.test_cli_runner()
    closed = json.loads(run.invoke(args=["settlement", "close", "coral", "2026-05", "--json"]).stdout)
    run_due()
    key = str(transact(lambda: proofs.keys(coalition.program.id))[0])
    [own] = [one for one in closed["statements"] if one["entity"] == "A"]
    file = live.config["COALITION"].files_dir / f"bundles/coral/{own['number']}.zip"

    good = run.invoke(args=["settlement", "verify-bundle", str(file), "--key", key, "--json"])
    plain = run.invoke(args=["settlement", "verify-bundle", str(file)])
    (tmp_path / "bad.zip").write_bytes(file.read_bytes()[:-1])
    bad = run.invoke(args=["settlement", "verify-bundle", str(tmp_path / "bad.zip"), "--json"])
    again = run.invoke(args=["settlement", "prove", "--json"])

    facts = json.loads(good.stdout)
    assert good.exit_code == 0 and facts["ok"] and facts["tree"]["signature"] == "verified"
    assert facts["position"] == own["position_minor"]
    assert plain.exit_code == 0 and plain.stdout.startswith("OK  statement 2026-05/A/1")
    assert bad.exit_code == 1 and json.loads(bad.stdout)["difference"]["code"] == "not_a_zip"
    assert json.loads(again.stdout) == {"periods": 0, "bundles": 0, "refused": []}
