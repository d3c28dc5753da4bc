"""What points may pay of a receipt: as many as the member has, the currency's limits allow and its steps permit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR

from coalition import ledger, partners, programs
from coalition.programs import Currency
from coalition.purchases.counter import Counter
from coalition.purchases.recording.redeeming import terms
from coalition.purchases.recording.storing import Draft

_ALL_BP = 10_000


@dataclass(frozen=True, slots=True)
class Spendable:
    """`units` of a currency may pay `amount` minor units of money; `available` are all that the member can use."""

    currency: str
    available: int
    units: int
    amount: int


def spendable(at: Counter, draft: Draft, total_minor: int) -> tuple[Spendable, ...]:
    """What each currency that is spent may pay of `total_minor`, for the draft's member, by its policies and the
    rules of promotions; the day's limit aside.
    """
    groups = partners.spent_by_group(at.partner.id, ((one.sku, one.amount) for one in draft.discounted.lines))
    context = programs.SpendContext(at.partner.id, draft.outlet.id, groups, total_minor)
    ruled = terms(at, draft, total_minor)
    balances = {one.currency_id: one for one in ledger.balances(at.program.id, draft.member_id or 0)}
    found = []
    for currency in at.currencies.values():
        if currency.spendable and currency.face_minor > 0 and currency.id in balances:
            caps = dict(programs.eligible(currency, context))
            balance = balances[currency.id]
            restricted = sum(min(units, caps.get(account, 0)) for account, units in balance.restricted)
            changed, limited = ruled.of(currency, groups)
            found.append(_of(changed, balance.available + restricted, total_minor, limited))
    return tuple(found)


def _of(currency: Currency, available: int, total_minor: int, groups: dict[str, int]) -> Spendable:
    most = min(total_minor * currency.spend_share_bp // _ALL_BP, _grouped(currency, total_minor, groups))
    units = min(available, int((most / currency.face_minor).to_integral_value(ROUND_FLOOR)))
    units -= units % currency.spend_step
    units = units if units >= currency.spend_min else 0
    return Spendable(currency.code, available, units, currency.worth(units))


def _grouped(currency: Currency, total_minor: int, groups: dict[str, int]) -> int:
    limited = {group: amount for group, amount in groups.items() if group in currency.spend_group_bp}
    free = total_minor - sum(limited.values())
    return free + sum(amount * currency.spend_group_bp[group] // _ALL_BP for group, amount in limited.items())
