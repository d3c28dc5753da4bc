"""`flask coalition evaluate-promotions`: worked examples through the rules engine, without a database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from coalition import promotions, purchases
from coalition.cli.processing import group


@group.command("evaluate-promotions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def evaluate_promotions(file: Path, as_json: bool) -> None:
    """Evaluate the examples of FILE: their effects, what did not apply and why; exit 1 if one cannot be understood."""
    given = _read(file)
    found = {
        "vectors": [promotions.vector(one) for one in given.get("vectors") or ()],
        "returns": [promotions.returned(one, _proportion) for one in given.get("returns") or ()],
    }
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else "\n".join(_said(found)))
    sys.exit(1 if any("error" in one for several in found.values() for one in several) else 0)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from error
    listed = isinstance(given, dict) and all(isinstance(given.get(name) or [], list) for name in ("vectors", "returns"))
    if not listed or not all(isinstance(one, dict) for name in ("vectors", "returns") for one in given.get(name) or ()):
        raise click.ClickException(f"{file} holds no examples: an object with lists `vectors` and `returns` of objects")
    return dict(given)


def _proportion(
    shares: Mapping[int, int], sold: Mapping[int, int], returns: Iterable[Mapping[int, int]]
) -> list[dict[int, int]]:
    """What each of the returns takes of the shares, in proportion to what has come back so far."""
    found, before = [], dict.fromkeys(sold, 0)
    for one in returns:
        stretches = [purchases.Stretch(no, qty_m, before[no], sold[no]) for no, qty_m in one.items() if qty_m]
        found.append(purchases.taken(shares, stretches))
        before |= {no: before[no] + qty_m for no, qty_m in one.items()}
    return found


def _said(found: Mapping[str, list[dict[str, Any]]]) -> Iterable[str]:
    for one in found["vectors"] + found["returns"]:
        yield f"{one.pop('id')}"
        for name, what in one.items():
            for item in what if isinstance(what, list) else [what]:
                yield f"  {name}: {json.dumps(item, ensure_ascii=False)}"
