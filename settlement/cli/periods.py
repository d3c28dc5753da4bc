"""`flask settlement close | rebuild | report | rate`: a period from the command line."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from coalition import partners, programs
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.kernel.money import format_minor
from settlement import accruals, statements
from settlement.cli.acting import act_as, acting
from settlement.cli.waiting import telling

_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_PATIENCE_S = 120


@click.command()
@click.argument("program")
@click.argument("period")
@click.option("--accept", "accepted", multiple=True, metavar="CHECK", help="Accept what a check counts; with --reason.")
@click.option("--reason", default="", help="Why that is accepted.")
@click.option("--draft", is_flag=True, help="Send no statement yet: the period can still be opened again.")
@acting()
@_as_json
def close(
    program: str, period: str, accepted: tuple[str, ...], reason: str, draft: bool, email: str | None, as_json: bool
) -> None:
    """Close PERIOD (2026-11) of PROGRAM and send every company its statement, for ever."""
    act_as(email)

    def work() -> tuple[statements.Closed, list[dict[str, Any]]]:
        closed = statements.close(programs.by_code(program).id, period, patience_s=_PATIENCE_S)
        for number in () if draft else closed.statements:
            statements.send(number, audit.origin().actor)
        return closed, _positions(closed.period)

    with telling(f"closing {period}", quiet=as_json):
        for check in accepted:
            _refusable(lambda check=check: transact(lambda: _accept(program, period, check, reason)))
        statements.let_go(transact)
        closed, positions = _refusable(lambda: transact(work))
    if closed.running:
        warning = f"{period} is not over: what happens later in it is booked in {closed.next_code}."
        click.secho(warning, fg="yellow", err=True)
    facts = {
        "program": program,
        "period": period,
        "closed_at": closed.period.closed_at.isoformat() if closed.period.closed_at else None,
        "running": closed.running,
        "movements_accrued": closed.accrued.movements,
        "statements": positions,
    }
    _say(facts, as_json, f"{period} is closed: {len(positions)} statements.")


@click.command()
@click.argument("base")
@click.argument("quote")
@click.argument("rate")
@click.option("--source", required=True, help="Who gives this rate, such as ECB.")
@click.option("--at", type=click.DateTime(), help="Its moment in UTC; now, if it is left out.")
@acting()
def rate(base: str, quote: str, rate: str, source: str, at: dt.datetime | None, email: str | None) -> None:
    """Enter a RATE of exchange: so much QUOTE is one BASE (EUR USD 1.0850)."""
    act_as(email)
    try:
        value = Decimal(rate)
    except InvalidOperation as error:
        raise click.BadParameter(f"{rate!r} is no number") from error
    moment = at.replace(tzinfo=dt.UTC) if at else None
    entered = _refusable(lambda: transact(lambda: statements.enter_rate(base, quote, value, source, moment)))
    click.echo(f"1 {entered.base} = {entered.rate.normalize():f} {entered.quote} ({entered.source}, {entered.at})")


def _accept(program: str, period: str, check: str, reason: str) -> None:
    found = programs.by_code(program)
    accruals.accrue(found.id)
    statements.accept(found.id, period, check, reason)


@click.command()
@click.argument("program")
@_as_json
def rebuild(program: str, as_json: bool) -> None:
    """Recompute every accrual of PROGRAM from the ledger and compare; exit 1 if any differs."""
    with telling("recomputing", quiet=as_json):
        found = _refusable(lambda: transact(lambda: accruals.rebuild(programs.by_code(program).id)))
    facts = {
        "program": program,
        "accruals": found.stored,
        "suspended": found.suspended,
        "differing": found.differing,
        "differences": [{"id": movement, "how": how} for movement, how in found.differences],
    }
    if as_json:
        click.echo(json.dumps(facts))
    else:
        click.echo(f"{found.stored} accruals recomputed, {found.differing} differ, {found.suspended} in suspense.")
        for movement, how in found.differences:
            click.echo(f"  {how:10} {movement}")
    if found.differing:
        raise SystemExit(1)


@click.command()
@click.argument("program")
@click.argument("period")
@_as_json
def report(program: str, period: str, as_json: bool) -> None:
    """Print the positions of a closed PERIOD of PROGRAM: + receives, - pays."""

    def work() -> tuple[accruals.Period, list[dict[str, Any]]]:
        found = accruals.find_period(programs.by_code(program).id, period)
        return found, _positions(found)

    found, positions = _refusable(lambda: transact(work))
    facts = {"program": program, "period": period, "state": found.state, "statements": positions}
    _say(facts, as_json, f"{period} of {program} is {found.state}.")


def _positions(period: accruals.Period) -> list[dict[str, Any]]:
    found = []
    for statement in statements.of_period(period):
        entity = partners.entity(statement.legal_entity_id)
        found.append(
            {
                "id": ids.public("stm", statement.id),
                "number": statement.number,
                "entity": entity.code,
                "name": entity.name,
                "operator": statement.is_operator,
                "state": statement.state,
                "currency": statement.currency,
                "position": format_minor(statement.position_minor, statement.currency_decimals),
                "position_minor": statement.position_minor,
                "sha256": statement.content_sha256,
            }
        )
    return found


def _say(facts: dict[str, Any], as_json: bool, headline: str) -> None:
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(headline)
    for one in facts["statements"]:
        click.echo(f"  {one['number']:24} {one['position']:>16} {one['currency']}  {one['name']}")


def _refusable(work: Any) -> Any:
    try:
        return work()
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {refusal.detail}") from refusal
