"""`flask coalition program-state | halt | resume`: what an operator does to a whole program."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar, get_args

import click

from coalition import programs
from coalition.cli.processing import group
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal

T = TypeVar("T")


@group.command("program-state")
@click.argument("program")
@click.argument("state", required=False, type=click.Choice(get_args(programs.State)))
@click.option("--ends-on", type=click.DateTime(["%Y-%m-%d"]), help="The sunset's last day, in the program's zone.")
def program_state(program: str, state: programs.State | None, ends_on: dt.datetime | None) -> None:
    """Lead a program into its next STATE (pilot, live, sunset, ended); without one, say which it is in."""
    found = _granted(lambda: programs.by_code(program))
    if state is not None:
        last = ends_on.date() if ends_on else None
        found = _granted(lambda: programs.move(found.id, state, ends_on=last))
    until = f", points can be spent until {found.sunset_ends_on}" if found.sunset_ends_on else ""
    halted = f"; redemptions are halted: {found.halt_reason}" if found.halted_at else ""
    click.echo(f"{found.code}: {found.state}{until}{halted}")


@group.command("halt")
@click.argument("program")
@click.option("--reason", required=True)
def halt(program: str, reason: str) -> None:
    """Refuse every redemption of a program until `resume`; its members go on earning."""
    if not _granted(lambda: programs.halt(programs.by_code(program).id, reason)):
        raise click.ClickException(f"{program} was halted already")
    click.echo(f"{program}: redemptions are halted")


@group.command("resume")
@click.argument("program")
@click.option("--reason", required=True, help="What was found, and why members may redeem again.")
def resume(program: str, reason: str) -> None:
    """Let members redeem again after a halt."""
    _granted(lambda: programs.resume(programs.by_code(program).id, reason))
    click.echo(f"{program}: redemptions go on")


def _granted(work: Callable[[], T]) -> T:
    try:
        return transact(work)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {refusal.detail}") from refusal
