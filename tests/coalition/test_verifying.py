"""The hourly verification: a law that is offended halts the programs concerned, and says so everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask

from coalition import programs
from coalition.kernel import jobs, laws
from coalition.kernel.config import Config
from coalition.kernel.db import db, fetch_all, fetch_one, transact
from tests.builders import a_program
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop


@pytest.fixture
def installation(fresh_database: Config) -> Iterator[Flask]:
    """An application with real commits, in which a crime can be committed."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _a_shop_with_points() -> Shop:
    shop = a_shop()
    shop.record(a_receipt(1_000))
    return shop


def _commit_crime(installation: Flask, sql: str) -> None:
    with psycopg.connect(installation.config["COALITION"].owner_url.replace("+psycopg", "")) as owner:
        owner.execute(sql.encode())


def _verify() -> None:
    transact(lambda: jobs.enqueue("coalition.verify", {}))
    jobs.run_due()


def test_a_sound_installation_goes_on(installation: Flask) -> None:
    shop = transact(_a_shop_with_points)

    _verify()

    assert fetch_one("SELECT count(*) AS n, max(offending) AS most FROM law_verdict") == (len(laws.laws()), 0)
    assert transact(lambda: programs.get(shop.program.id)).halted_at is None
    assert fetch_all("SELECT FROM job WHERE kind = 'coalition.verify' AND state <> 'done'") == []


def test_wrong_books_halt_their_program_alone_and_are_told(installation: Flask) -> None:
    shop, other = transact(_a_shop_with_points), transact(a_program)
    _commit_crime(installation, "UPDATE wallet SET undrawn = undrawn + 1")

    _verify()
    _verify()

    halted = transact(lambda: programs.get(shop.program.id))
    assert halted.halt_reason == ("law L3 is offended by 1 rows: a wallet's points are the sum of its journal rows")
    assert transact(lambda: programs.get(other.id)).halted_at is None
    assert [row.subject for row in fetch_all("SELECT subject FROM audit WHERE action = 'program.halted'")] == [
        f"program:{shop.program.id}"
    ]
    (event,) = fetch_all("SELECT payload FROM outbox WHERE kind = 'program.halted'")
    assert event.payload == {"program_id": shop.program.id, "reason": halted.halt_reason}
    reasons = installation.test_client().get("/readyz").json["reasons"]
    assert f"redemptions of program {halted.code} are halted: {halted.halt_reason}" in reasons
    assert any(reason.startswith("law T2 is offended by 1 rows") for reason in reasons)


def test_rows_that_name_no_program_halt_every_program(installation: Flask) -> None:
    first, second = transact(a_program), transact(a_program)
    _commit_crime(installation, "INSERT INTO idempotency (client_id, key, request_hash) VALUES (1, 'x', '')")

    _verify()

    assert all(transact(lambda one=one: programs.get(one.id)).halted_at for one in (first, second))


def test_what_is_only_late_halts_nobody(installation: Flask) -> None:
    program = transact(a_program)
    late = "INSERT INTO outbox (kind, key, payload, created_at) VALUES ('x', 'x', '{}', now() - interval '9 minutes')"
    _commit_crime(installation, late.replace("'x', 'x'", "'unheard', 'x'"))

    findings = [transact(lambda law=law: laws.ask(law)) for law in laws.laws()]
    halted = [one for finding in findings for one in transact(lambda finding=finding: programs.answer_for(finding))]

    assert [finding.law.code for finding in findings if finding.rows] == ["D1"]
    assert halted == []
    assert transact(lambda: programs.get(program.id)).halted_at is None


def test_a_halt_lasts_until_somebody_lifts_it_with_a_reason(installation: Flask) -> None:
    shop = transact(_a_shop_with_points)
    _commit_crime(installation, "UPDATE wallet SET undrawn = undrawn + 1")
    _verify()
    _commit_crime(installation, "UPDATE wallet SET undrawn = undrawn - 1")
    cli = installation.test_cli_runner()

    verified = cli.invoke(args=["coalition", "verify"])
    still = cli.invoke(args=["coalition", "program-state", shop.program.code])
    lifted = cli.invoke(args=["coalition", "resume", shop.program.code, "--reason", "the cache was mended"])
    again = cli.invoke(args=["coalition", "resume", shop.program.code, "--reason", "again"])

    assert verified.exit_code == 0
    assert laws.offended() == []
    assert "live; redemptions are halted: law L3" in still.output
    assert (lifted.exit_code, again.exit_code) == (0, 1)
    assert "not_halted" in again.output
    assert transact(lambda: programs.get(shop.program.id)).halted_at is None
