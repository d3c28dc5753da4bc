"""The commands' door of this floor: `flask catalog ...`."""

from __future__ import annotations

import datetime as dt
import json
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from catalog import suppliers
from catalog.api.schemas.suppliers import FeedRunSchema, told
from catalog.jobs.feeds import carry_out
from catalog.jobs.payments import reconcile
from catalog.ports import PaymentProvider
from coalition import programs
from coalition.kernel import ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.jobs import Retry
from coalition.ports import FileStore

catalog = AppGroup("catalog", help="The rewards catalog.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(catalog)


@catalog.command("import-feed")
@click.argument("feed", metavar="SUPPLIER[/FEED]")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--program", help="The program's code, where there are several.")
@click.option("--dry-run", is_flag=True, help="Judge the file and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON, as GET .../runs/{id} answers it.")
def import_feed(feed: str, file: Path | None, program: str | None, dry_run: bool, as_json: bool) -> None:
    """Import one feed now, from FILE or its address. FEED is `catalog` unless named. Fails if the file is refused."""
    try:
        feed_id = transact(lambda: _feed_id(feed, program))
    except NotFound:
        raise click.ClickException(f"there is no feed {feed!r} in this program") from None
    file_key = _store(file) if file else None
    try:
        opened = transact(lambda: suppliers.open_run(feed_id, file_key=file_key, dry_run=dry_run))
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {refusal.detail}") from refusal

    def progress(done: int, _: int | None) -> None:
        if not as_json:
            click.echo(f"{done} rows read", err=True)

    run = carry_out(opened.id, progress=progress)
    if as_json:
        click.echo(json.dumps(transact(lambda: FeedRunSchema().dump(told(run))), ensure_ascii=False))
    else:
        _print(run, transact(lambda: suppliers.issues(run.id, 20)))
    if run.state == "refused":
        sys.exit(1)


@catalog.command("reconcile-payments")
@click.option("--days", type=click.IntRange(1, 400), default=10, show_default=True, help="How far back.")
def reconcile_payments(days: int) -> None:
    """Compare the payment provider's list with ours now. Fails if anything differs; the cases stand in the console."""
    if not ports.bound(PaymentProvider):
        raise click.ClickException("no payment provider is configured")
    try:
        count, differ = reconcile(dt.timedelta(days=days))
    except Retry:
        raise click.ClickException("the provider does not answer; try again") from None
    click.echo(f"{count} payments compared, {differ} differ")
    if differ:
        sys.exit(1)


@catalog.command("save-mapping")
@click.argument("supplier")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--program", help="The program's code, where there are several.")
def save_mapping(supplier: str, name: str, file: Path, program: str | None) -> None:
    """Save how a supplier's tables are to be read: a JSON file as in docs/flows/feeds.md."""

    def work() -> suppliers.SavedMapping:
        return suppliers.save_mapping(suppliers.by_code(_program_id(program), supplier).id, name, definition)

    try:
        definition = json.loads(file.read_text(encoding="utf-8"))
        saved = transact(work)
    except NotFound:
        raise click.ClickException(f"there is no supplier {supplier!r} in this program") from None
    except Refusal as refusal:
        wrong = "; ".join(f"{error.pointer}: {error.detail}" for error in refusal.errors)
        raise click.ClickException(f"{refusal.detail} {wrong}".rstrip()) from None
    except (ValueError, AttributeError) as error:
        raise click.BadParameter(f"{file} is no JSON object") from error
    click.echo(f"{saved.name}, version {saved.version}")


def _program_id(code: str | None) -> int:
    found = programs.by_code(code) if code else next(iter(programs.list_programs()), None)
    if found is None:
        raise NotFound()
    return found.id


def _feed_id(name: str, program: str | None) -> int:
    supplier_code, _, feed_code = name.partition("/")
    return suppliers.feed(suppliers.by_code(_program_id(program), supplier_code).id, feed_code or "catalog").id


def _store(file: Path) -> str:
    with file.open("rb") as content:
        return ports.get(FileStore).put(f"uploads/{uuid.uuid4().hex}", content).key


def _print(run: suppliers.FeedRun, rows: Sequence[suppliers.RowIssue]) -> None:
    verdict = run.state + (f" ({run.reason_code}: {run.reason})" if run.reason_code else "")
    click.echo(f"{verdict}: {run.rows_read} rows, {run.rows_ok} good, {run.rows_quarantined} in quarantine,")
    click.echo(f"{run.rows_new} new, {run.rows_changed} changed, {run.rows_missing} missing")
    for code, count in sorted(run.issues.items()):
        click.echo(f"  {code}: {count}")
    for issue in rows:
        click.echo(f"  row {issue.line_no} {issue.sku or '-'}: {issue.code} {issue.field} {issue.value or ''}".rstrip())
