"""Conversions: points of one currency become points of another at the program's rate of the day.

The points that arrive keep their funding, their age and, where the old currency has an end by the calendar, that end:
converting to and fro makes nobody's points younger.
"""

from __future__ import annotations

from decimal import Decimal

from coalition import ledger, programs
from coalition.kernel import clock
from coalition.kernel.errors import Conflict, NotFound
from coalition.wallets import deeds
from coalition.wallets.rates import convertible
from coalition.wallets.spending import admit, debit, wrong
from coalition.wallets.types import Deed, Spend

_ENDLESS = ("never", "inactivity")


def convert(spend: Spend, to_currency: programs.Currency) -> tuple[Deed, bool]:
    """Change a member's points; again returns the first (True: replayed). Locks both wallets.

    The result is rounded down, and only as many points are taken as it needs. Ordinary points only. Invalid
    `same_currency`, `too_few_to_exchange`; Conflict `no_rate`, `insufficient_points` (extra `available`) or
    `external_id_conflict`; whatever forbids this member to spend.
    """
    if to_currency.id == spend.currency.id:
        raise wrong("same_currency", "/to_currency", "These are points of that currency already.")
    account_id, to_account_id = (
        ledger.account(spend.program_id, currency.id, ledger.AccountKind.WALLET, spend.member_id)
        for currency in (spend.currency, to_currency)
    )
    ledger.lock([account_id, to_account_id])
    if done := deeds.find(spend.partner_id, "conversion", spend.external_id, spend.request_hash):
        return done, True
    rate = _rate(spend, to_currency)
    taken, result = convertible(spend.amount, rate)
    if result == 0:
        raise wrong("too_few_to_exchange", "/from/amount", "So few points come to nothing at this rate.")
    admit(spend, "/from/currency")
    contra_id = ledger.account(spend.program_id, spend.currency.id, ledger.AccountKind.CONVERSION, 0)
    moved = ledger.transfer(
        debit(spend, account_id, contra_id, ledger.Operation.CONVERSION, amount=taken),
        _arrival(spend.currency, to_currency, to_account_id, result),
    )
    deed = deeds.keep(
        **deeds.of(spend, "conversion"),
        account_id=account_id,
        entry_id=moved.entry_id,
        amount=-taken,
        to_member_id=spend.member_id,
        to_account_id=to_account_id,
        to_currency_id=to_currency.id,
        to_entry_id=moved.arrival_ids[0],
        arrived=moved.amount,
        rate=rate,
    )
    return deed, False


def _arrival(source: programs.Currency, target: programs.Currency, account_id: int, amount: int) -> ledger.Arrival:
    born = programs.birth(target, clock.now(), programs.get(target.program_id).zone)
    end = born.expires_at if source.expiry in _ENDLESS else ledger.KEEP
    return ledger.Arrival(
        account_id=account_id, currency_id=target.id, amount=amount, expires_at=end, idle_at=born.idle_at
    )


def _rate(spend: Spend, to_currency: programs.Currency) -> Decimal:
    today = clock.local_date(clock.now(), programs.get(spend.program_id).zone)
    try:
        return programs.rate(spend.program_id, spend.currency.id, to_currency.id, today)
    except NotFound:
        raise Conflict("no_rate", "These points are not converted into those today.") from None
