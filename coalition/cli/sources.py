"""`flask coalition ...` about sources: how tables are read, where files are fetched, fetching them now."""

from __future__ import annotations

import json
from pathlib import Path

import click

from coalition import purchases
from coalition.cli.processing import group, partner_by_code
from coalition.kernel import jobs
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal


@group.command("save-mapping")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partner", "code", required=True, help="The partner whose tables these are, by its code.")
@click.option("--program", "program_code", help="The program, where several have a partner of this code.")
def save_mapping(name: str, file: Path, code: str, program_code: str | None) -> None:
    """Save how a partner's tables are to be read: a JSON file as in PUT /registry-mappings/{name}."""
    try:
        definition = json.loads(file.read_text(encoding="utf-8"))
        saved = transact(lambda: purchases.save_mapping(partner_by_code(code, program_code).id, name, definition))
    except (ValueError, TypeError, RecursionError) as error:
        raise click.BadParameter(f"{file} is no JSON object") from error
    except Refusal as refusal:
        raise _said(refusal) from refusal
    click.echo(f"{saved.name}, version {saved.version}")


@group.command("add-source")
@click.argument("code")
@click.option("--partner", "partner_code", required=True, help="The partner whose source it is, by its code.")
@click.option("--program", "program_code", help="The program, where several have a partner of this code.")
@click.option("--kind", required=True, type=click.Choice(purchases.SOURCE_KINDS))
@click.option("--name", required=True, help="What people call it.")
@click.option("--mapping", help="The saved column mapping of its files; NDJSON without one.")
@click.option("--bucket", help="For s3: the bucket.")
@click.option("--prefix", default="", help="For s3: only keys that begin so.")
@click.option("--every", "every_s", type=int, help="For s3: fetch every so many seconds.")
def add_source(
    code: str,
    partner_code: str,
    program_code: str | None,
    kind: str,
    name: str,
    mapping: str | None,
    bucket: str | None,
    prefix: str,
    every_s: int | None,
) -> None:
    """Add a source of a partner's transactions."""

    def work() -> purchases.Source:
        partner = partner_by_code(partner_code, program_code)
        scope = (partner.program_id, partner.id, code)
        place = {"bucket": bucket, "prefix": prefix, "every_s": every_s}
        return purchases.define_source(*scope, kind=kind, name=name, mapping=mapping, **place)  # type: ignore[arg-type]

    try:
        source = transact(work)
    except Refusal as refusal:
        raise _said(refusal) from refusal
    click.echo(f"{source.code}: {source.dedupe}")


@group.command("pull")
@click.argument("code")
@click.option("--partner", "partner_code", required=True, help="The partner whose source it is, by its code.")
@click.option("--program", "program_code", help="The program, where several have a partner of this code.")
def pull(code: str, partner_code: str, program_code: str | None) -> None:
    """Fetch a source's new files now, here or in a worker; exit 1 if it could not be reached."""

    def ask() -> int:
        source = purchases.source_by_code(partner_by_code(partner_code, program_code).id, code)
        purchases.fetch_now(source.id)
        jobs.enqueue("purchases.pull", {})
        return source.id

    try:
        source_id = transact(ask)
    except Refusal as refusal:
        raise _said(refusal) from refusal
    jobs.run_due()
    told = transact(lambda: (purchases.source(source_id), purchases.brought([source_id]).get(source_id)))
    click.echo(f"{code}: {told[1].files if told[1] else 0} files so far")
    if told[0].last_error:
        raise click.ClickException(told[0].last_error)


def _said(refusal: Refusal) -> click.BadParameter:
    return click.BadParameter("; ".join(f"{one.pointer}: {one.detail}" for one in refusal.errors) or refusal.detail)
