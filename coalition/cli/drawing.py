"""`flask coalition draw-commitment | draw-winners`: a draw before it is held, and the proof of one that was.

Nobody holds a draw by hand: the page asks a second person for that.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TypeVar

import click

from coalition import programs
from coalition.cli.processing import group
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.promotions import holdings

T = TypeVar("T")


@group.command("draw-commitment")
@click.argument("program")
@click.argument("name")
def draw_commitment(program: str, name: str) -> None:
    """Print the SHA-256 of the seed by which the draw NAME will be held, to be published before it begins."""
    click.echo(_tried(lambda: holdings.commitment(programs.by_code(program).id, name)))


@group.command("draw-winners")
@click.argument("program")
@click.argument("name")
def draw_winners(program: str, name: str) -> None:
    """Print the seed of the draw NAME, who took part and who won, as JSON; exits with 1 if it was not held yet."""
    number = _tried(lambda: programs.by_code(program).id)
    found = transact(lambda: holdings.drawing(number, name))
    if found is None:
        raise click.ClickException("This draw was not held: a marketer asks for it, and another one holds it.")
    entries: list[holdings.Entry] = []
    while part := transact(partial(holdings.entries_after, number, name, len(entries))):
        entries += part
    told = asdict(found) | {"drawn_at": found.drawn_at.isoformat()}
    told |= {"entries": [one._asdict() for one in entries], "winners": [one._asdict() for one in found.winners]}
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


def _tried(work: Callable[[], T]) -> T:
    try:
        return transact(work)
    except Refusal as refusal:
        raise click.ClickException(refusal.detail) from refusal
