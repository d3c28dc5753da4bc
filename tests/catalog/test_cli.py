"""`flask catalog import-feed`: the same run as a job's, with its report on the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from catalog import suppliers
from catalog.api.schemas.suppliers import FeedRunSchema
from coalition import programs
from coalition.kernel.db import fetch_one, transact
from tests.builders import a_program
from tests.catalog.builders import a_category, a_file, a_supplier, an_offer


@pytest.fixture
def program_code(app: Flask) -> str:
    """A program with a supplier `homeline` that has the feed `catalog`."""

    def create() -> str:
        program = a_program()
        a_category(program)
        suppliers.create_feed(a_supplier(program, "homeline").id, "catalog")
        return program.code

    return transact(create)


def _run(app: Flask, *words: str) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["catalog", "import-feed", *words])
    return done.exit_code, done.output


def _offers() -> int:
    return fetch_one("SELECT count(*) AS n FROM offer").n


def test_a_file_is_imported_and_reported(app: Flask, program_code: str, tmp_path: Path) -> None:
    file = tmp_path / "feed.yml"
    file.write_bytes(a_file(*(an_offer(f"A{at}") for at in range(12)), an_offer("B1", price="x")))

    dry_code, dry = _run(app, "homeline", str(file), "--program", program_code, "--dry-run")
    before = _offers()
    exit_code, report = _run(app, "homeline/catalog", str(file), "--program", program_code)

    assert (dry_code, "previewed" in dry, before) == (0, True, 0)
    assert (exit_code, _offers()) == (0, 12)
    assert "applied: 13 rows, 12 good, 1 in quarantine" in report
    assert "row 13 B1: E03 price x" in report


def test_a_refused_file_fails_the_command(app: Flask, program_code: str, tmp_path: Path) -> None:
    file = tmp_path / "feed.yml"
    file.write_bytes(a_file(an_offer())[:-30])

    exit_code, report = _run(app, "homeline", str(file), "--program", program_code)

    assert (exit_code, "refused (truncated" in report, _offers()) == (1, True, 0)


def test_a_program_reads_the_run_as_the_api_answers_it(app: Flask, program_code: str, tmp_path: Path) -> None:
    file = tmp_path / "feed.yml"
    file.write_bytes(a_file(*(an_offer(f"A{at}") for at in range(12)), an_offer("B1", price="x")))
    words = ["catalog", "import-feed", "homeline", str(file), "--program", program_code, "--json"]

    done = app.test_cli_runner().invoke(args=words)
    told = json.loads(done.stdout)

    assert (done.exit_code, done.stderr) == (0, "")
    assert set(told) == set(FeedRunSchema().fields)
    assert (told["state"], told["rows_read"], told["rows_ok"], told["issues"]) == ("applied", 13, 12, {"E03": 1})
    assert [(row["line_no"], row["sku"], row["code"]) for row in told["rows"]] == [(13, "B1", "E03")]


def test_an_unknown_feed_is_named(app: Flask, program_code: str) -> None:
    exit_code, report = _run(app, "nobody", "--program", program_code)

    assert exit_code != 0
    assert "nobody" in report


def test_a_table_is_imported_by_a_mapping_that_was_saved_from_a_file(
    app: Flask, program_code: str, tmp_path: Path
) -> None:
    mapping, table = tmp_path / "mapping.json", tmp_path / "price.csv"
    mapping.write_text('{"columns": {"sku": "id", "title": "id", "price": "cost"}, "fixed": {"currency": "EUR"}}')
    table.write_bytes(b"id;cost\nA1;5\n")

    def save(file: Path) -> str:
        words = ["catalog", "save-mapping", "homeline", "table", str(file), "--program", program_code]
        return app.test_cli_runner().invoke(args=words).output

    saved, wrong = save(mapping), save(table)
    supplier = transact(lambda: suppliers.by_code(programs.by_code(program_code).id, "homeline"))
    transact(lambda: suppliers.create_feed(supplier.id, "table", format="csv", mapping="table"))
    exit_code, report = _run(app, "homeline/table", str(table), "--program", program_code)

    assert ("table, version 1" in saved, "no JSON object" in wrong) == (True, True)
    assert (exit_code, "applied: 1 rows, 1 good" in report) == (0, True)
