"""`flask settlement import-bank-statement | bank-file`: what a bank says, and what it is told."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.ports import FileStore
from settlement.cli.acting import act_as, acting
from settlement.payouts import bank
from settlement.ports import BankFiles

_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_MOST_BYTES = 32 << 20


@click.command("import-bank-statement")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@acting()
@_as_json
def import_bank_statement(file: Path, email: str | None, as_json: bool) -> None:
    """Take in a bank's statement of account (camt.053) from FILE; the same file again changes nothing.

    Exit 1 with a code, and nothing changed, for a file that is not to be believed.
    """
    act_as(email)
    with file.open("rb") as stream:
        data = stream.read(_MOST_BYTES)
    try:
        found = bank.take_in(data, ports.get(BankFiles), ports.get(FileStore), transact)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {refusal.detail}") from refusal
    if as_json:
        click.echo(json.dumps(asdict(found)))
    elif found.again:
        click.echo("This file was taken in before; nothing has changed.")
    else:
        waiting = found.entries - found.known - found.matched
        click.echo(f"{found.entries} entries: {found.matched} matched, {found.known} known before, {waiting} wait.")


@click.command("bank-file")
@click.argument("run")
@acting()
@_as_json
def bank_file(run: str, email: str | None, as_json: bool) -> None:
    """Write the file of transfers (pain.001) of a payment RUN (run_...), once; again it says the same."""
    act_as(email)
    try:
        found = bank.export(ids.parse("run", run), ports.get(BankFiles), ports.get(FileStore), transact)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {refusal.detail}") from refusal
    if as_json:
        click.echo(json.dumps({"files": [asdict(one) for one in found]}, default=str))
        return
    for one in found:
        click.echo(f"{one.message_id}  {one.orders} transfers  {one.sha256}  {one.file_key}")
