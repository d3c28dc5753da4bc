"""`flask coalition extract`: a day of the reporting views as files in a folder."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click

from coalition import reporting
from coalition.cli.processing import group
from coalition.kernel import clock
from coalition.kernel.db import transact


@group.command("extract")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The UTC day; yesterday unless given.")
@click.option("--view", "names", multiple=True, help="Only this view; may be repeated.")
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="A folder.")
def extract(day: dt.datetime | None, names: tuple[str, ...], folder: Path) -> None:
    """Write a day of the views of `reporting` as gzipped CSV; prints a JSON line for each file.

    What happens is of that day, what there is stands whole. A file of the same name is replaced, whole or not at all.
    """
    wanted = day.date() if day else clock.now().astimezone(dt.UTC).date() - dt.timedelta(days=1)
    known = [view.name for view in transact(reporting.views)]
    if unknown := sorted(set(names) - set(known)):
        raise click.ClickException(f"there is no view {unknown[0]!r}; there are {', '.join(known)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be made: {error.strerror}") from error
    for name in names or known:
        path = folder / f"{name}-{wanted.isoformat()}.csv.gz"
        rows = write(path, partial(_extracted, name, wanted))
        click.echo(json.dumps({"view": name, "day": wanted.isoformat(), "rows": rows, "file": str(path)}))


def write(path: Path, extract: Callable[[BinaryIO], int]) -> int:
    """Put what `extract` writes in the place of a file, under a name of its own until it is whole: two may run."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with part.open("wb") as file:
            rows = extract(file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _extracted(name: str, day: dt.date, file: BinaryIO) -> int:
    return transact(lambda: reporting.extract(name, day, file))
