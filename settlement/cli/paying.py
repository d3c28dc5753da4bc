"""`flask settlement pay`: record and reserve the payments of a closed period, as somebody of finance.

Nobody commits from here: whoever moves money signs in and is a second person of finance, never the one named here.
"""

from __future__ import annotations

import json
from typing import Any

import click

from coalition import partners, programs
from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.kernel.money import format_minor
from settlement import payouts
from settlement.cli.acting import act_as, acting
from settlement.ports import PayoutProvider

_NAMES = ("stripe", "bank")


@click.command()
@click.argument("program")
@click.argument("period")
@click.option("--supplementary", is_flag=True, help="Take what the runs before left out.")
@click.option("--leave-out", is_flag=True, help="Leave those without an account to a later run.")
@acting(required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def pay(program: str, period: str, supplementary: bool, leave_out: bool, email: str, as_json: bool) -> None:
    """Record and reserve the payment run of a closed PERIOD (2026-11) of PROGRAM; another person of finance commits it.

    Exit 1 with `run_exists` if the period has its run already.
    """
    act_as(email)
    bound = [name for name in _NAMES if ports.bound(PayoutProvider, name=name)]

    def work() -> dict[str, Any]:
        run = payouts.prepare(programs.by_code(program).id, period, supplementary=supplementary)
        return _told(payouts.reserve(run.id, bound, leave_out=leave_out))

    try:
        facts = transact(work)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.code}: {refusal.detail}") from refusal
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"Run {facts['no']} of {period} is {facts['state']}: {len(facts['payments'])} payments.")
    for one in facts["payments"]:
        click.echo(f"  {one['ref']}  {one['direction']:3} {one['amount']:>16} {one['currency']}  {one['name']}")
    click.echo("Another person of finance commits it in the console, under Payments.")


def _told(run: payouts.Run) -> dict[str, Any]:
    found = [
        {
            "ref": payment.ref,
            "statement": payment.statement_number,
            "name": partners.entity(payment.legal_entity_id).name,
            "direction": payment.direction,
            "amount": format_minor(payment.amount_minor, payment.currency_decimals),
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            "provider": payment.provider,
            "state": payment.state,
        }
        for payment in payouts.payments(run.id)
    ]
    return {
        "id": ids.public("run", run.id),
        "period": run.period_code,
        "no": run.no,
        "state": run.state,
        "content": run.content_hash.hex() if run.content_hash else None,
        "payments": found,
    }
