"""What returns do in the ledger: points that paid go back to their lots, what was earned is clawed back.

The ledger's keys are those of the returns: (partner, return or void, external id), with the award's number or the
tender's as `no`. The wallets concerned are locked before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from coalition import ledger, programs
from coalition.kernel import clock
from coalition.ledger import AccountKind, ClawBack, ClawedBack, GiveBack, Operation
from coalition.purchases import limiting
from coalition.purchases.counter import Counter
from coalition.purchases.returning.bought import Granted, Paid
from coalition.purchases.returning.planning import Plan
from coalition.purchases.returning.reevaluating import Takings
from coalition.purchases.returns import VOID, Clawed, Restored

T = TypeVar("T")
Made = Sequence[tuple[int, Plan]]


@dataclass(frozen=True, slots=True)
class Effect(Generic[T]):
    """What a return did on one wallet, and the journal rows that carry it.

    What is taken back is taken where the points are: of a merged member, from the wallet of whom it was merged into.
    """

    return_id: int
    purchase_id: int
    account_id: int
    what: T
    entry_ids: Sequence[int]


def wallets(plans: Iterable[Plan]) -> list[int]:
    """The wallets that these returns touch, in ascending order."""
    plans = list(plans)
    earned = {granted.account_id for plan in plans for granted in plan.bought.awards}
    return sorted(earned | {paid.account_id for plan in plans for paid in plan.bought.tenders})


def restore(at: Counter, made: Made) -> list[Effect[Restored]]:
    """Give points that paid back to the very lots they came from, last drawn first, with their old expiry.

    Where that has passed they stay usable for the program's days of grace.
    """
    wanted = [(number, plan, paid, plan.restored(paid)) for number, plan in made for paid in plan.bought.tenders]
    wanted = [one for one in wanted if one[3]]
    grace = _grace(at)
    batch = [_give_back(at, plan, paid, sum(lines.values()), grace) for _, plan, paid, lines in wanted]
    effects = []
    for (number, plan, paid, lines), given in zip(wanted, ledger.give_back(batch) if batch else (), strict=True):
        what = Restored(paid.no, sum(lines.values()), paid.currency_id, _texts(lines))
        effects.append(Effect(number, plan.bought.id, paid.account_id, what, given.entry_ids))
    return effects


def claw_back(at: Counter, made: Made, takings: Takings) -> list[Effect[Clawed]]:
    """Take back what was earned, as the program's return policy says."""
    wanted = [
        (number, plan, granted, takings.of(plan, granted)) for number, plan in made for granted in plan.bought.awards
    ]
    wanted = [one for one in wanted if one[3]]
    batch = [_claw_back(at, plan, granted, sum(lines.values())) for _, plan, granted, lines in wanted]
    clawed = ledger.claw_back(batch) if batch else []
    homes = ledger.homes({one.account_id for one in batch}) if batch else {}
    effects = []
    for (number, plan, granted, lines), done in zip(wanted, clawed, strict=True):
        parts = (done.own, done.others, done.owed, done.waived)
        what = Clawed(granted.award, sum(lines.values()), *parts, _texts(lines))
        _free(at, plan, granted, done)
        home = homes.get(granted.account_id, granted.account_id)
        effects.append(Effect(number, plan.bought.id, home, what, done.entry_ids))
    return effects


def _give_back(at: Counter, plan: Plan, paid: Paid, units: int, grace: dt.datetime | None) -> GiveBack:
    return GiveBack(
        account_id=paid.account_id,
        entry_id=paid.entry_id,
        amount=units,
        grace_until=grace,
        idle_at=programs.birth(at.currencies[paid.currency_id], clock.now(), at.program.zone).idle_at,
        **_key(at, plan, paid.no),
    )


def _claw_back(at: Counter, plan: Plan, granted: Granted, units: int) -> ClawBack:
    currency_id = granted.award.currency_id
    payer = granted.funder_id or plan.bought.legal_entity_id
    return ClawBack(
        account_id=granted.account_id,
        credit_id=granted.entry_id,
        amount=units,
        policy=at.program.return_policy,
        debt_floor=at.currencies[currency_id].debt_floor,
        contra_id=ledger.account(at.program.id, currency_id, AccountKind.ISSUANCE, payer),
        program_id=at.program.id,
        currency_id=currency_id,
        **_key(at, plan, granted.award.no),
    )


def _free(at: Counter, plan: Plan, granted: Granted, done: ClawedBack) -> None:
    """The funder's limit gets back what was really taken back; what was let go stays used."""
    payer = granted.funder_id or plan.bought.legal_entity_id
    units, no = done.own + done.others + done.owed, granted.award.no
    key = f"{at.partner.id}:{plan.request.kind}:{plan.request.external_id}:{no}"
    limiting.give_back(at, payer, plan.bought.external_id, no, units=units, key=key)


def _key(at: Counter, plan: Plan, no: int) -> dict[str, Any]:
    request = plan.request
    return {
        "occurred_at": request.occurred_at,
        "partner_id": at.partner.id,
        "operation": Operation.VOID if request.kind == VOID else Operation.RETURN,
        "external_id": request.external_id,
        "no": no,
        "request_hash": request.request_hash,
    }


def _grace(at: Counter) -> dt.datetime | None:
    """Until when points may be used that come back after their end: the last of the program's days of grace."""
    if not at.program.restore_grace_days:
        return None
    today = clock.local_date(clock.now(), at.program.zone)
    return clock.end_of_last_day(today + dt.timedelta(days=at.program.restore_grace_days), at.program.zone)


def _texts(lines: dict[int, int]) -> dict[str, int]:
    return {str(no): units for no, units in lines.items()}
