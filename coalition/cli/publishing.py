"""`flask coalition export-promotions | import-promotions | publish-promotions`: promotions as a file of documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from coalition import programs, promotions
from coalition.cli.processing import group
from coalition.kernel import audit
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Refusal

T = TypeVar("T")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@group.command("export-promotions")
@click.argument("program")
@click.argument("file", type=click.File("w", encoding="utf-8"))
def export_promotions(program: str, file: Any) -> None:
    """Write what is scheduled and active in PROGRAM, with its campaigns and groups, to FILE (- for the screen)."""
    found = _granted(lambda: promotions.bundle(programs.by_code(program).id))
    file.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")


@group.command("import-promotions")
@click.argument("program")
@click.argument("file", type=_FILE)
def import_promotions(program: str, file: Path) -> None:
    """Keep the promotions of FILE as drafts of PROGRAM; exit 1 if one cannot be published as it stands."""
    given = _read(file)
    actor = audit.origin().actor
    drafts = _granted(lambda: promotions.draft_bundle(programs.by_code(program).id, given, actor=actor))
    for one in drafts:
        click.echo(f"{one.code}: draft {one.no}, {len(one.problems)} problems, {len(one.warnings)} warnings")
        for line in _told(one.problems):
            click.echo(line)
        for warning in one.warnings:
            click.echo(f"  {warning.pointer or '/'}: {warning.en}")
    if any(one.problems for one in drafts):
        raise click.exceptions.Exit(1)


@group.command("publish-promotions")
@click.argument("program")
@click.argument("file", type=_FILE)
@click.option("--note", required=True, help="Why; it stands in the list of rulesets.")
def publish_promotions(program: str, file: Path, note: str) -> None:
    """Let exactly the promotions of FILE be in force in PROGRAM, at once; others are paused. Nobody else is asked."""
    given = _read(file)
    actor = audit.origin().actor
    made = _granted(lambda: promotions.publish_bundle(programs.by_code(program).id, given, actor=actor, note=note))
    click.echo(f"{program}: ruleset {made.no} of {len(made.promotions)} promotions, sha256 {made.sha256.hex()}")


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from error


def _granted(work: Callable[[], T]) -> T:
    try:
        return transact(work)
    except Refusal as refusal:
        lines = [f"{refusal.code}: {refusal.detail}", *_told(refusal.errors)]
        raise click.ClickException("\n".join(lines)) from refusal


def _told(problems: Iterable[FieldError]) -> list[str]:
    return [f"  {one.pointer or '/'}: {one.detail}" for one in problems]
