"""`flask coalition import-cards`: cards of another program with their balances, by the million."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from coalition.cli.processing import group, partner_by_code, read_in, said
from coalition.kernel.db import transact


@group.command("import-cards")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partner", "code", required=True, help="The partner whose cards these are, by its code.")
@click.option("--program", "program_code", help="The program, where several have a partner of this code.")
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def import_cards(file: Path, code: str, program_code: str | None, dry_run: bool, as_json: bool) -> None:
    """Take over a file of cards (NDJSON, plain or gzip; docs/flows/members.md); exit 1 if it cannot be read to its end.

    Killed in the middle it is gone on with by a worker, or by the same command again: nothing is taken over twice.
    """
    partner = transact(lambda: partner_by_code(code, program_code))
    done = read_in(file, partner, content="cards", dry_run=dry_run, quiet=as_json)
    names = ("state", "lines", "accepted", "replayed", "rejected", "error", "points_issued", "issued")
    click.echo(json.dumps({name: getattr(done, name) for name in names}) if as_json else said(done))
    sys.exit(0 if done.state == "finished" else 1)
