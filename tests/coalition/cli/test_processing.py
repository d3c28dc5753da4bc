"""`flask coalition ...` as an operator types it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from coalition import access, ledger
from coalition.kernel import clock, jobs
from coalition.kernel.db import execute, transact
from tests.coalition.purchases.builders import Shop, a_body, a_hold, a_receipt, a_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    return transact(lambda: a_shop(code="freshmart"))


@pytest.fixture
def cli(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def test_a_file_is_imported_and_the_counts_printed(cli: FlaskCliRunner, shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "purchases.ndjson"
    file.write_text(json.dumps(a_body(1000)) + "\nnonsense\n")

    done = cli.invoke(args=["coalition", "import-registry", str(file), "--partner", "freshmart", "--json"])

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {
        "state": "finished",
        "lines": 2,
        "accepted": 1,
        "replayed": 0,
        "rejected": 1,
        "suspended": 0,
        "error": None,
        "points_issued": 5,
        "issued": {"BON": 5},
    }


def test_an_unknown_partner_is_no_traceback(cli: FlaskCliRunner, shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "purchases.ndjson"
    file.write_text("{}\n")

    done = cli.invoke(args=["coalition", "import-registry", str(file), "--partner", "nobody"])

    assert done.exit_code == 2
    assert "no partner has the code 'nobody'" in done.output


def test_a_file_that_cannot_be_read_says_why(cli: FlaskCliRunner, shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "purchases.ndjson.gz"
    file.write_bytes(b"\x1f\x8b\x08\x00broken")

    done = cli.invoke(args=["coalition", "import-registry", str(file), "--partner", "freshmart"])

    assert done.exit_code == 1
    assert done.stdout.startswith("failed (file_damaged): 0 lines")


def test_a_mapping_nested_too_deep_to_be_read_is_no_traceback(cli: FlaskCliRunner, shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "mapping.json"
    file.write_text("[" * 100_000)

    done = cli.invoke(args=["coalition", "save-mapping", "table", str(file), "--partner", "freshmart"])

    assert (done.exit_code, "is no JSON object" in done.output) == (2, True)


def test_an_unknown_program_and_a_suspended_partner_are_no_traceback(
    cli: FlaskCliRunner, shop: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "purchases.ndjson"
    file.write_text("{}\n")
    words = ["coalition", "import-registry", str(file), "--partner", "freshmart"]

    nowhere = cli.invoke(args=[*words, "--program", "nowhere"])
    transact(lambda: access.suspend_partner(shop.partner.id, "unpaid"))
    suspended = cli.invoke(args=words)

    assert (nowhere.exit_code, "there is no program 'nowhere'" in nowhere.output) == (2, True)
    assert (suspended.exit_code, "partner_suspended: " in suspended.output) == (1, True)


def test_expiry_takes_what_is_over_and_refuses_days_to_come(cli: FlaskCliRunner, shop: Shop) -> None:
    transact(lambda: shop.record(a_receipt(1000, occurred_at="2024-02-10T10:00:00Z"), a_receipt(2000)))
    tomorrow = (clock.now() + dt.timedelta(days=1)).date().isoformat()

    early = cli.invoke(args=["coalition", "expire", "--as-of", "2025-02-27", "--json"])
    done = cli.invoke(args=["coalition", "expire", "--as-of", "2025-03-01", "--json"])
    never = cli.invoke(args=["coalition", "expire", "--as-of", tomorrow])

    assert json.loads(early.stdout) == {"lots": 0}
    assert json.loads(done.stdout) == {"lots": 1}
    assert never.exit_code == 2


def test_verify_prints_every_law_and_fails_if_one_is_offended(cli: FlaskCliRunner, shop: Shop) -> None:
    transact(lambda: shop.record(a_receipt(1000), a_receipt(2000, member=None)))
    well = cli.invoke(args=["coalition", "verify"])
    assert well.exit_code == 0, well.output
    assert {"L3", "M1", "R1"} <= {line.split()[0] for line in well.output.splitlines()}
    assert all(line.split()[1] == "0" for line in well.output.splitlines())

    transact(lambda: execute("UPDATE wallet SET undrawn = undrawn + 1"))
    ill = cli.invoke(args=["coalition", "verify", "--json"])

    assert ill.exit_code == 1
    assert "L3" in [law["code"] for law in json.loads(ill.stdout)["laws"] if law["offending"]]


def test_the_sweeps_run_as_jobs(app: Flask, shop: Shop) -> None:
    transact(lambda: shop.record(a_receipt(100_000), a_receipt(1000, occurred_at="2024-02-10T10:00:00Z")))
    hold = transact(lambda: a_hold(shop, 300))
    transact(lambda: execute("UPDATE hold SET expires_at = now() - interval '1 second'"))
    for kind in ("ledger.expire_holds", "ledger.expire"):
        transact(lambda kind=kind: jobs.enqueue(kind, {}))  # type: ignore[misc]

    jobs.run_due()

    assert transact(lambda: ledger.get_hold(hold.account_id, hold.id)).state == "expired"
    assert [lot.remaining for lot in transact(lambda: ledger.lots(hold.account_id))] == [500]
