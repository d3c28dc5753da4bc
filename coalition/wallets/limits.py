"""How much may be spent at a till (P12): at least so many points, in such steps, so much of a receipt, of a product
group, of a day.

The limits are policies of the points currency. A refusal says by how much: `limit` is what the policy allows,
`available` what of it is still free. Raising is all that this module does; the day's limit is read under the wallet's
lock, so that two tills at once cannot share it.
"""

from __future__ import annotations

from collections.abc import Mapping

from coalition import ledger
from coalition.kernel import clock
from coalition.kernel.errors import Conflict, FieldError
from coalition.programs import Currency, SpendContext

ALL_BP = 10_000


def check_amount(currency: Currency, units: int, pointer: str) -> None:
    """Refuse `limit_min` (fewer points than the least) or `limit_step` (no multiple of the step).

    `available` is then the largest amount below that the step allows.
    """
    if units < currency.spend_min:
        detail = f"At least {currency.spend_min} {currency.code} are spent at a time."
        raise _refused("limit_min", pointer, detail, limit=currency.spend_min)
    if step := units % currency.spend_step:
        detail = f"{currency.code} are spent in steps of {currency.spend_step}."
        raise _refused("limit_step", pointer, detail, limit=currency.spend_step, available=units - step)


def check_receipt(
    currency: Currency, worth_minor: int, total_minor: int, groups: Mapping[str, int], pointer: str
) -> None:
    """Refuse `limit_share` or `limit_group`: points stand for more of a receipt than they may.

    `worth_minor` is the money that the points replace, `groups` how much of the total falls on each product group.
    Every limit is rounded down. Goods of a limited group can be paid up to its limit, all others up to the receipt's.
    """
    most = total_minor * currency.spend_share_bp // ALL_BP
    if worth_minor > most:
        detail = f"{currency.code} pay at most {currency.spend_share_bp / 100:g} % of a receipt."
        raise _refused("limit_share", pointer, detail, limit=most)
    limited = {group: amount for group, amount in groups.items() if group in currency.spend_group_bp}
    free = total_minor - sum(limited.values())
    most = free + sum(amount * currency.spend_group_bp[group] // ALL_BP for group, amount in limited.items())
    if worth_minor > most:
        detail = f"Of some goods on this receipt {currency.code} may pay only a part: {', '.join(sorted(limited))}."
        raise _refused("limit_group", pointer, detail, limit=most)


def check_day(
    currency: Currency, account_id: int, units: int, zone: str, pointer: str, *, counted: bool = False
) -> None:
    """Refuse `limit_day`: with these, more points than a member may spend or set aside on a day in the program's zone.

    `counted` says that they are spent or held already, under the wallet's lock. Locks the wallet.
    """
    if currency.spend_day_max is None:
        return
    ledger.lock([account_id])
    midnight = clock.start_of_day(clock.local_date(clock.now(), zone), zone)
    before = ledger.spent(account_id, midnight) - (units if counted else 0)
    left = max(0, currency.spend_day_max - before)
    if units > left:
        detail = f"At most {currency.spend_day_max} {currency.code} are spent on a day."
        raise _refused("limit_day", pointer, detail, limit=currency.spend_day_max, available=left)


def check_hold(currency: Currency, account_id: int, units: int, zone: str, context: SpendContext | None) -> None:
    """Refuse a new hold beyond any limit: of the amount, of the day and, where the till says what is bought, of that.

    The points count at their face value, rounded down, as they will when the hold pays.
    """
    check_amount(currency, units, "/points/amount")
    if context is not None:
        worth = min(currency.worth(units), context.total)
        check_receipt(currency, worth, context.total, context.groups, "/points/amount")
    check_day(currency, account_id, units, zone, "/points/amount", counted=True)


def _refused(code: str, pointer: str, detail: str, **extra: int) -> Conflict:
    return Conflict(code, detail, [FieldError(pointer, code, detail)], **extra)
