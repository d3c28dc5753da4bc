"""`flask settlement reconcile | reconcile-from`: a partner's own file from the command line, or from its bucket."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

import click

from coalition import purchases
from coalition.cli.processing import partner_by_code
from coalition.kernel import audit, ids, jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.kernel.money import format_minor
from coalition.ports import FileStore
from settlement import reconciliation
from settlement.jobs.reconciling import ask
from settlement.reconciliation import Reconciliation, Total

_POLL_S = 0.5
_partner = click.option("--partner", "code", required=True, help="The partner whose file it is, by its code.")
_program = click.option("--program", "program_code", help="The program, where several have a partner of this code.")
_mapping = click.option("--mapping", help="The file is a table: the partner's saved column mapping.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_partner
@click.option("--period", required=True, help="2026-11, 2026-Q4, 2026-W47 or 2026-11-21.")
@_program
@_mapping
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def reconcile(file: Path, code: str, period: str, program_code: str | None, mapping: str | None, as_json: bool) -> None:
    """Compare a partner's own FILE with what we keep; exit 1 if it cannot be read, 2 if anything differs."""
    audit.set_origin(audit.Origin(actor="cli"))
    partner = _refusable(lambda: transact(lambda: partner_by_code(code, program_code)))
    with file.open("rb") as stream:
        stored = ports.get(FileStore).put(f"reconciliations/{uuid.uuid4().hex}", stream)

    def work() -> int:
        chosen = purchases.mapping_by_name(partner.id, mapping).id if mapping else None
        scope = (partner.program_id, partner.id, period)
        opened = reconciliation.open_run(*scope, stored, mapping_id=chosen, file_name=file.name)
        ask(opened.id)
        return opened.id

    at = _follow(_refusable(lambda: transact(work)), quiet=as_json)
    found = transact(lambda: reconciliation.totals(at.id))
    _say(at, found, as_json)
    raise SystemExit(1 if at.state == "failed" else 2 if any(one.kind != "matched" for one in found) else 0)


@click.command("reconcile-from")
@_partner
@click.option("--bucket", required=True, help="The partner's bucket.")
@click.option("--prefix", default="", help="Only objects whose keys begin so.")
@click.option("--every-s", default=3600, show_default=True, help="How often to look, in seconds.")
@_program
@_mapping
def reconcile_from(
    code: str, bucket: str, prefix: str, every_s: int, program_code: str | None, mapping: str | None
) -> None:
    """Fetch a partner's files from its bucket from now on; the period is written in each file's name."""
    audit.set_origin(audit.Origin(actor="cli"))

    def work() -> None:
        partner = partner_by_code(code, program_code)
        how = {"mapping": mapping, "every_s": every_s}
        reconciliation.define_feed(partner.program_id, partner.id, bucket, prefix, **how)  # type: ignore[arg-type]

    _refusable(lambda: transact(work))
    click.echo(f"{bucket}/{prefix} is looked at every {every_s} s.")


def _follow(run_id: int, *, quiet: bool) -> Reconciliation:
    """See the reconciliation through: do its job here unless a worker has taken it."""
    told = -1
    while not (at := transact(lambda: reconciliation.run(run_id))).over:
        if at.lines != told and not quiet:
            told = at.lines
            click.echo(f"{at.state}, {at.lines} lines", err=True)
        if not jobs.run_due(1):
            time.sleep(_POLL_S)
    return at


def _say(at: Reconciliation, found: list[Total], as_json: bool) -> None:
    if as_json:
        totals = {one.kind: one.count for one in found}
        facts: dict[str, Any] = {"id": ids.public("rcn", at.id), "state": at.state, "error": at.error}
        click.echo(json.dumps({**facts, "lines": at.lines, "rejected": at.rejected, "totals": totals}))
        return
    click.echo(
        f"{at.period}: {at.state}{f', {at.error}' if at.error else ''}, {at.lines} lines, {at.rejected} rejected"
    )
    for one in found:
        sides = f"{format_minor(one.their_amount_minor, 2):>16} {format_minor(one.our_amount_minor, 2):>16}"
        click.echo(f"  {one.kind:14} {one.count:>10} {sides}")


def _refusable(work: Any) -> Any:
    try:
        return work()
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {refusal.detail}") from refusal
