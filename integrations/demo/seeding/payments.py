"""The demo's payments: an account for every company, a period that is being paid, and one that waits for a decision."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from coalition import partners
from coalition.kernel import approvals, audit, clock, config
from coalition.kernel.db import transact
from integrations.demo.seeding.partners_side import CURRENCY, ZONE, Made
from integrations.payments.asking import TIMEOUT, client
from settlement import accruals, payouts, statements
from settlement.payouts import Moved, NewAccount

T = TypeVar("T")
_FIRST, _SECOND = "finance", "finance2"
_KNOWN = "Their letter of 2 March, confirmed by a call to the number in the contract."


def open_accounts(made: Made) -> None:
    """A connected account at the stand-in for each company, asked for by one person of finance, approved by another."""
    given = config.current().payments
    if given is None:
        return
    operator = transact(lambda: partners.operator_entity(made.program.id))
    stripe = client(given, TIMEOUT).v1
    for entity in transact(lambda: partners.entities(made.program.id)):
        if entity.id == operator.id:
            continue
        email = f"accounts@{entity.code.lower()}.example"
        opened = stripe.accounts.create({"type": "express", "country": "LV", "email": email}).id
        wanted = NewAccount(entity.id, "stripe", entity.name[:70], CURRENCY, connected=opened, email=email)
        _replace(made, wanted)


def leave_runs(made: Made) -> None:
    """The last month with anything to pay is reserved and waits for a second person; the one before is being paid."""
    if config.current().payments is None:
        return
    periods = transact(lambda: accruals.list_periods(made.program.id))
    owed = [one for one in periods if one.state == "closed" and transact(partial(statements.payables, one.id))]
    for period, commits in zip(owed[:2], (False, True), strict=False):
        _run(made, period.code, commits)
    today = clock.local_date(clock.now(), ZONE)
    note = "Settlement, we thank you"
    stray = Moved(125_00, CURRENCY, "in", "FT26-0481", "bank transfer", today, payer="HomeLine Latvia SIA", note=note)
    transact(lambda: payouts.record_receipt(None, stray, program_id=made.program.id))


def _run(made: Made, code: str, commits: bool) -> None:
    run = _as(made, _FIRST, lambda: payouts.prepare(made.program.id, code))
    run = _as(made, _FIRST, lambda: payouts.reserve(run.id, ["stripe"], leave_out=True))
    if commits:
        _as(made, _SECOND, lambda: payouts.commit(run.id, run.content_hash or b""))


def _replace(made: Made, wanted: NewAccount) -> None:
    asked = _as(made, _FIRST, lambda: payouts.propose(wanted, _KNOWN, key=f"demo-{wanted.legal_entity_id}"))

    def approve() -> None:
        approvals.approve(asked.id)
        approvals.execute(asked.id)

    _as(made, _SECOND, approve)


def _as(made: Made, name: str, work: Callable[[], T]) -> T:
    """Do something in the name of a person of the staff."""
    before = audit.origin()
    audit.set_origin(audit.Origin(f"user:{made.staff_ids[name]}"))
    try:
        return transact(work)
    finally:
        audit.set_origin(before)
