"""`flask coalition conformance`: a run of the kit as a command; exit 1 if a law is broken, 2 if nobody answers."""

from __future__ import annotations

import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path

import click

SECRET = "CONFORMANCE_SECRET"  # noqa: S105 - the name of a variable
TEST_CLIENT = "client_test_"


@click.command("conformance")
@click.option("--base-url", required=True, help="Where the server is, like https://api.example.com.")
@click.option("--client-id", required=True, help="The OAuth client; one of test mode begins with client_test_.")
@click.option("--secret-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Holds the secret.")
@click.option("--outlet", default="TEST", show_default=True, help="The code of an outlet of the partner.")
@click.option("--card", default="9990000000000017", show_default=True, help="A member's card.")
@click.option("--currency", default="EUR", show_default=True, help="The code of the program's money.")
@click.option("--listen", metavar="HOST:PORT", help="Listen here for webhooks; without it they are not tried.")
@click.option("--webhook-url", default="", help="How the server reaches that address, where it is another one.")
@click.option("--live", is_flag=True, help="Run with a client that is no test client: its purchases are real.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def conformance(
    base_url: str,
    client_id: str,
    secret_file: Path | None,
    outlet: str,
    card: str,
    currency: str,
    listen: str | None,
    webhook_url: str,
    live: bool,
    as_json: bool,
) -> None:
    """Run a partner's credentials through earning, duplicates, offline queues, returns, spending, refusals, webhooks,
    and the change feed.

    The secret is read from --secret-file or from the variable CONFORMANCE_SECRET.
    """
    from integrations.conformance.listening import listening
    from integrations.conformance.partner import Partner, Shop, Unreachable
    from integrations.conformance.running import run

    if not live and not client_id.startswith(TEST_CLIENT):
        raise click.UsageError("this is no test client; --live buys with it all the same")
    secret = secret_file.read_text().strip() if secret_file else os.environ.get(SECRET, "")
    if not secret:
        raise click.UsageError(f"name a --secret-file, or set {SECRET}")
    host, _, port = (listen or "").rpartition(":")
    if listen and not (port.isdecimal() and int(port) < 2**16):
        raise click.UsageError("--listen is HOST:PORT")
    try:
        with listening(host, int(port), webhook_url) if listen else nullcontext() as listener:
            partner = Partner(base_url.rstrip("/"), client_id, secret, Shop(outlet, card, currency), listener)
            report = run(partner, begins=_silent if as_json else _tell)
    except Unreachable as error:
        click.echo(f"cannot begin: {error}", err=True)
        sys.exit(2)
    click.echo(json.dumps(report.facts(), ensure_ascii=False) if as_json else "\n".join(report.lines()))
    sys.exit(1 if report.broken else 0)


def _tell(group: str) -> None:
    click.echo(f"trying {group} ...", err=True)


def _silent(group: str) -> None:
    """A program reads the report alone."""
