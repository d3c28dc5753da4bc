"""The demo's commands: `flask demo`, and the seeding it does in a process of its own.

What they need is loaded when they run: it is no business of the processes of a real installation.
"""

from __future__ import annotations

import json
from typing import Any

import click
from flask.cli import with_appcontext

SHOPPING = "The past to seed: generated (a year), none, or real baskets: their number, or all."


@click.command()
@click.option("--port", type=int, help="Port of the web server (8000 if it is free).")
@click.option("--reset", is_flag=True, help="Forget everything first.")
@click.option("--shopping", default="generated", show_default=True, help=SHOPPING)
@click.option("--erase", is_flag=True, help="Forget everything, and do not start.")
def demo(port: int | None, reset: bool, shopping: str, erase: bool) -> None:
    """Bring up the whole product with a seeded coalition; Ctrl-C stops it and keeps the data."""
    from integrations.demo import supervisor

    if reset or erase:
        supervisor.erase()
    if erase:
        return
    stopping = supervisor.stop_signal()
    running = supervisor.Demo(port, shopping)
    try:
        running.start()
        _tell(running.publish())
        running.watch(stopping)
    finally:
        click.echo("stopping ...")
        running.stop()


@click.command("demo-seed", hidden=True)
@click.argument("shopping")
@with_appcontext
def demo_seed(shopping: str) -> None:
    """Seed the demo coalition once; its secrets are kept in var/seed.json."""
    from integrations.demo.seeding import seed
    from integrations.demo.supervisor import SEEDED, write_private

    write_private(SEEDED, json.dumps(seed(shopping)))


def _tell(facts: dict[str, Any]) -> None:
    """What a newcomer wants to know, on the screen."""
    partner = facts["partners"][0]
    click.secho("\nCoalition is running", bold=True)
    click.echo(f"  catalog     {facts['base_url']}/")
    click.echo(f"  console     {facts['base_url']}/console")
    click.echo(f"  settlement  {facts['base_url']}/console/settlement")
    click.echo(f"  API         {facts['base_url']}/api/docs")
    click.echo(f"  mails       {facts['mail_url']}  (all of them are caught there)")
    click.echo(f"  member      {facts['member']['email']}  {facts['member']['password']}")
    for name in ("support", "support2", "catalog", "admin", "finance", "finance2", "marketer", "marketer2", "auditor"):
        click.echo(f"  {name:<11} {facts['staff'][name]['email']}  {facts['staff'][name]['password']}")
    somebody = facts["partner_people"][partner["code"]]
    click.echo(f"  {partner['code']:<11} {somebody['email']}  {somebody['password']}  (statements: /portal)")
    click.echo(f"  partner     {partner['code']}: {partner['client_id']}  {partner['client_secret']}")
    click.echo("  everything  var/demo.json\nCtrl-C stops it; the data stays.\n")
