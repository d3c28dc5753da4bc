"""`flask coalition ...`: the bulk path from a file, the expiry sweep, and the laws."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
import uuid
from pathlib import Path
from threading import Event, Thread
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from coalition import ledger, partners, programs, purchases
from coalition.kernel import clock, jobs, laws, ports
from coalition.kernel.db import db, transact
from coalition.kernel.errors import Invalid, NotFound, Refusal
from coalition.ports import FileStore

group = AppGroup("coalition", help="Members' points: registries, expiry, integrity.")
_CHUNK = 1_000
_POLL_S = 0.5


@group.command("import-registry")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partner", "code", required=True, help="The partner whose purchases these are, by its code.")
@click.option("--program", "program_code", help="The program, where several have a partner of this code.")
@click.option("--mapping", "mapping", help="The file is a table: the partner's saved column mapping.")
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def import_registry(
    file: Path, code: str, program_code: str | None, mapping: str | None, dry_run: bool, as_json: bool
) -> None:
    """Record a file of purchases (NDJSON, a table, a workbook; plain or gzip); exit 1 if it cannot be read whole."""
    partner = transact(lambda: partner_by_code(code, program_code))
    chosen = transact(lambda: _mapping_id(partner.id, mapping))
    try:
        done = read_in(file, partner, mapping_id=chosen, dry_run=dry_run, quiet=as_json)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {refusal.detail}") from refusal
    names = ("state", "lines", "accepted", "replayed", "rejected", "suspended", "error", "points_issued", "issued")
    counts = {name: getattr(done, name) for name in names}
    click.echo(json.dumps(counts) if as_json else said(done))
    sys.exit(0 if done.state == "finished" else 1)


@group.command("expire")
@click.option("--as-of", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day that has begun.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def expire(day: dt.datetime, as_json: bool) -> None:
    """Book the expiry of every lot whose last usable day lies before a day (in UTC, at its beginning)."""
    as_of, lots = day.replace(tzinfo=dt.UTC), 0
    if as_of > clock.now():
        raise click.BadParameter("points that are still good do not expire; name a day that has begun")
    while chunk := transact(lambda: ledger.expire(as_of, _CHUNK)):
        lots += chunk
        if not as_json:
            click.echo(f"{lots} lots", err=True)
    click.echo(json.dumps({"lots": lots}) if as_json else f"{lots} lots have expired")


@group.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--halt", is_flag=True, help="Halt redemptions where a law asks for it, as the hourly job does.")
def verify(as_json: bool, halt: bool) -> None:
    """Ask every integrity law, and say of each how many rows offend it; exit 1 if any does."""
    found = []
    for law in laws.laws():
        finding = transact(lambda law=law: laws.ask(law))  # type: ignore[misc]
        found.append(finding)
        if not as_json:
            click.echo(f"{law.code:<6} {finding.rows:>8}  {law.title}")
    for finding in found:
        transact(lambda finding=finding: laws.remember(finding))  # type: ignore[misc]
        if halt:
            transact(lambda finding=finding: programs.answer_for(finding))  # type: ignore[misc]
    if as_json:
        items = [{"code": one.law.code, "title": one.law.title, "offending": one.rows} for one in found]
        click.echo(json.dumps({"laws": items}, ensure_ascii=False))
    sys.exit(1 if any(one.rows for one in found) else 0)


def _mapping_id(partner_id: int, name: str | None) -> int | None:
    if name is None:
        return None
    try:
        return purchases.mapping_by_name(partner_id, name).id
    except Invalid as refusal:
        raise click.BadParameter(f"the partner has saved no mapping {name!r}") from refusal


def partner_by_code(code: str, program_code: str | None) -> partners.Partner:
    """The one partner of this code, among the programs that it may be in."""
    try:
        among = [programs.by_code(program_code)] if program_code else programs.list_programs()
    except NotFound as error:
        raise click.BadParameter(f"there is no program {program_code!r}") from error
    found = []
    for program in among:
        try:
            found.append(partners.by_code(program.id, code))
        except NotFound:
            continue
    if not found:
        raise click.BadParameter(f"no partner has the code {code!r}")
    if len(found) > 1:
        raise click.BadParameter(f"{len(found)} partners have the code {code!r}; name the program too")
    return found[0]


def read_in(
    file: Path,
    partner: partners.Partner,
    *,
    mapping_id: int | None = None,
    content: str = "any",
    dry_run: bool = False,
    quiet: bool = False,
) -> purchases.Registry:
    """Store a file as a registry of a partner and see it through; what became of it. See `open_registry`."""
    with file.open("rb") as stream:
        stored = ports.get(FileStore).put(f"registries/{uuid.uuid4().hex}", stream)
    how = {"mapping_id": mapping_id, "content": content, "dry_run": dry_run}

    def work() -> int:
        opened = purchases.open_registry(partner.program_id, partner.id, stored, **how)  # type: ignore[arg-type]
        jobs.enqueue("purchases.registry", {"registry": opened.id}, key=str(opened.id))
        return opened.id

    return _follow(transact(work), quiet=quiet)


def _follow(registry_id: int, *, quiet: bool) -> purchases.Registry:
    """See the registry through: do its job here unless a worker has taken it, and say how far it is."""
    over = Event()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    teller = Thread(target=_tell, args=(app, registry_id, over), daemon=True)
    if not quiet:
        teller.start()
    try:
        while not (at := _read(registry_id)).over:
            if not jobs.run_due(1):
                time.sleep(_POLL_S)
    finally:
        over.set()
    return at


def _tell(app: Flask, registry_id: int, over: Event) -> None:
    with app.app_context():
        while not over.wait(2.0):
            click.echo(said(_read(registry_id)), err=True)


def _read(registry_id: int) -> purchases.Registry:
    try:
        return transact(lambda: purchases.registry(registry_id))
    finally:
        db.session.remove()


def said(at: purchases.Registry) -> str:
    """How far a registry is, and why no further if it failed, in one line."""
    counts: dict[str, Any] = {"lines": at.lines, "accepted": at.accepted, "replayed": at.replayed}
    told = ", ".join(f"{value} {name}" for name, value in counts.items())
    issued = ", ".join(f"{units} {code}" for code, units in at.issued.items()) or "nothing"
    state = f"{at.state} ({at.error})" if at.error else at.state
    return f"{state}: {told}, {at.rejected} rejected, {at.suspended} suspended, {issued} issued"
