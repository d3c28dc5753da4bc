"""`flask settlement report ...`: a period's positions as ever, or any report of finance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from coalition.kernel import audit, clock
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from settlement import reports
from settlement.cli import periods
from settlement.cli.waiting import telling
from settlement.reports import Report, Selection
from settlement.reports.writing import text


@click.command()
@click.argument("name")
@click.argument("program")
@click.option("--currency", default="", help="Points currency; the program's main one if left out.")
@click.option("--on", default="", help="Last day that counts, as 2026-11-25.")
@click.option("--since", default="", help="First month, as 2026-01.")
@click.option("--until", default="", help="Last month, as 2026-12.")
@click.option("--entity", default="", help="Code of one legal entity.")
@click.option("--months", default="", help="How far a forecast looks.")
@click.option("--table", default="", help="Which table; the first one if left out.")
@click.option("--format", "form", type=click.Choice(["text", "csv", "xlsx"]), default="text")
@click.option("--output", type=click.Path(path_type=Path), help="Where to write the file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def report(context: click.Context, /, name: str, program: str, form: str, as_json: bool, **args: Any) -> None:
    """Print report NAME of PROGRAM; `report PROGRAM PERIOD` prints the positions of a closed period.

    NAME is one of liability, deferred, journal, positions, exposure, breakage, forecast, origins.
    """
    if name not in reports.KINDS:
        context.invoke(periods.report, program=name, period=program, as_json=as_json)
        return
    audit.set_origin(audit.Origin(actor="cli"))
    output: Path | None = args.pop("output")
    try:
        with telling(name, quiet=as_json):
            made, chosen = transact(lambda: _make(name, {"program": program, **args}))
        table = made.table(args["table"])
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {refusal.detail}") from refusal
    except KeyError as missing:
        raise click.ClickException(f"table_not_found: {args['table']}") from missing
    if form == "xlsx":
        _book(made, chosen, output or Path(f"{name}-{program}.xlsx"))
    elif as_json:
        click.echo(json.dumps(_facts(made), ensure_ascii=False))
    else:
        _lines(table, form, output)


def _make(name: str, args: dict[str, str]) -> tuple[Report, Selection]:
    chosen = reports.select(args)
    return reports.build(name, chosen), chosen


def _book(made: Report, chosen: Selection, output: Path) -> None:
    with output.open("w+b") as target:
        zone = chosen.program.zone
        reports.write_book(made, target, made.code, lambda code: code, made_at=clock.now(), zone=zone)
    click.echo(str(output))


def _lines(table: reports.Table, form: str, output: Path | None) -> None:
    if form == "csv" and output:
        output.write_text("".join(reports.csv_lines(table)), encoding="utf-8", newline="")
        click.echo(str(output))
    elif form == "csv":
        click.echo("".join(reports.csv_lines(table)), nl=False)
    else:
        click.echo("\t".join(column.code for column in table.columns))
        for row in table.rows:
            click.echo("\t".join(text(cell, column) for cell, column in zip(row, table.columns, strict=True)))


def _facts(made: Report) -> dict[str, Any]:
    """The report as JSON: amounts as decimal texts, as in its CSV."""
    return {
        "report": made.code,
        "facts": {code: text(cell, reports.Column(code)) for code, cell in made.facts.items()},
        "tables": {
            table.code: [
                {column.code: text(cell, column) for cell, column in zip(row, table.columns, strict=True)}
                for row in table.rows
            ]
            for table in made.tables
        },
    }
