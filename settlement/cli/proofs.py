"""`flask settlement verify-bundle | prove`: what anybody can recompute, and what a job would do anyway, done now."""

from __future__ import annotations

import json
from pathlib import Path

import click

from settlement.cli.waiting import telling
from settlement.jobs import proving
from settlement.proofs.verifier.__main__ import report


@click.command("verify-bundle")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", help="The log's key (name+id+Base64), from a source that you trust.")
@click.option("--previous", type=click.Path(path_type=Path), help="A checkpoint kept from an earlier bundle.")
@click.option("--growth", type=click.Path(path_type=Path), help="The consistency proof from that checkpoint on.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify_bundle(file: Path, key: str | None, previous: Path | None, growth: Path | None, as_json: bool) -> None:
    """Recompute the bundle FILE, without the database; exit 1 and name the first thing that differs."""
    with telling("recomputing", quiet=as_json):
        code, text = report(file, key, previous, growth, as_json=as_json)
    click.echo(text)
    raise SystemExit(code)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def prove(as_json: bool) -> None:
    """Append what was closed to the trees, sign them, and write every bundle that is missing."""
    with telling("proving", quiet=as_json):
        done = proving.prove_all(proving.plainly)
    if as_json:
        click.echo(json.dumps({"periods": done.periods, "bundles": done.bundles, "refused": list(done.refused)}))
    else:
        click.echo(f"{done.periods} periods signed, {done.bundles} bundles written.")
    if done.refused:
        raise click.ClickException(f"rows of closed statements have changed: {done.refused[:10]}")
