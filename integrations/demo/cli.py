"""The demo's commands: `flask demo`, and the seeding it does in a process of its own."""

from __future__ import annotations

import json

import click
from flask.cli import with_appcontext

from coalition.kernel.config import VAR
from coalition.kernel.db import transact
from integrations.demo import supervisor
from integrations.demo.seed import seed

FACTS = VAR / "demo.json"


@click.command()
@click.option("--port", type=int, help="Port of the web server (8000 if it is free).")
@click.option("--reset", is_flag=True, help="Forget everything first.")
@click.option("--erase", is_flag=True, help="Forget everything, and do not start.")
def demo(port: int | None, reset: bool, erase: bool) -> None:
    """Bring up the whole product with a seeded coalition; Ctrl-C stops it and keeps the data."""
    if reset or erase:
        supervisor.erase()
    if erase:
        return
    stopping = supervisor.stop_signal()
    running = supervisor.Demo(port)
    try:
        running.start()
        facts = _facts(running)
        _print(facts)
        running.watch(stopping)
    finally:
        click.echo("stopping ...")
        running.stop()


@click.command("demo-seed", hidden=True)
@with_appcontext
def demo_seed() -> None:
    """Seed the demo coalition once; the facts go to var/demo.json."""
    if FACTS.exists():
        return
    facts = seed()
    FACTS.touch(mode=0o600)
    FACTS.write_text(json.dumps(facts, indent=2, ensure_ascii=False))


def _facts(running: supervisor.Demo) -> dict:
    facts = json.loads(FACTS.read_text())
    facts = {"base_url": running.base_url, **facts, "base_url": running.base_url, "processes": running.processes()}
    FACTS.write_text(json.dumps(facts, indent=2, ensure_ascii=False))
    return facts
