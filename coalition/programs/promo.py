"""Promo accounts: points of a currency that pay in some places only, with a cap and, maybe, an expiry of their own.

A promo account is the restriction of ledger lots. What of it may pay is worked out here, from where and on what a
member spends; the ledger draws it before ordinary lots.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_FLOOR
from typing import Any

from coalition import ledger
from coalition.kernel import audit
from coalition.kernel.db import fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.programs.caching import policies, touch
from coalition.programs.checking import check_expiry
from coalition.programs.registry import currency_by_id
from coalition.programs.types import Currency, PromoAccount, SpendContext

_INSERT = """
    INSERT INTO promo_account (program_id, currency_id, code, name_en, name_ru, partner_ids, outlet_ids,
                               product_groups, share_bp, cap_points, expiry, expiry_n, priority)
    VALUES (:program_id, :currency_id, :code, :name_en, :name_ru, :partner_ids, :outlet_ids, :product_groups,
            :share_bp, :cap_points, :expiry, :expiry_n, :priority)
    ON CONFLICT (program_id, code) DO NOTHING RETURNING id"""


def open_promo_account(
    currency_id: int,
    code: str,
    *,
    name_en: str,
    name_ru: str,
    partner_ids: Iterable[int] = (),
    outlet_ids: Iterable[int] = (),
    product_groups: Iterable[str] = (),
    share_bp: int = 10_000,
    cap_points: int | None = None,
    expiry: str | None = None,
    expiry_n: int | None = None,
    priority: int = 0,
) -> PromoAccount:
    """A new promo account of a currency; no list given means anywhere, on anything. It is never changed.

    Conflict `code_in_use`; Invalid `policy_unsound`; NotFound for no currency.
    """
    currency = currency_by_id(currency_id)
    check_expiry(expiry, expiry_n)
    if not 1 <= share_bp <= 10_000 or (cap_points is not None and cap_points < 1):
        field = "/share_bp" if not 1 <= share_bp <= 10_000 else "/cap_points"
        raise Invalid("policy_unsound", "The caps are not sound.", [FieldError(field, "invalid", "Out of range.")])
    values: dict[str, Any] = {
        "program_id": currency.program_id,
        "currency_id": currency_id,
        "code": code,
        "name_en": name_en,
        "name_ru": name_ru,
        "priority": priority,
        "partner_ids": sorted(set(partner_ids)),
        "outlet_ids": sorted(set(outlet_ids)),
        "product_groups": sorted(set(product_groups)),
        "share_bp": share_bp,
        "cap_points": cap_points,
        "expiry": expiry,
        "expiry_n": expiry_n,
    }
    row = fetch_one(_INSERT, values)
    if row is None:
        raise Conflict("code_in_use", "The program has a promo account of this code.")
    version = touch(currency.program_id)
    audit.record("promo_account.open", f"promo_account:{row.id}", **values, version=version)
    return promo_account(currency.program_id, row.id)


def promo_accounts(program_id: int) -> list[PromoAccount]:
    """Every promo account of a program, in the order in which they are spent."""
    return list(policies(program_id).promo_accounts.values())


def promo_account(program_id: int, promo_account_id: int) -> PromoAccount:
    """The promo account. Raises NotFound."""
    found = policies(program_id).promo_accounts.get(promo_account_id)
    if found is None:
        raise NotFound()
    return found


def eligible(currency: Currency, context: SpendContext) -> tuple[tuple[int, int], ...]:
    """The promo accounts that may pay here, each with the most points of it: (restriction id, cap), in their order.

    Where the priority changes stands `ledger.NEXT`: of accounts of one priority pays first what ends first. The cap is
    the account's share of what it may pay for (the whole, or its product groups), in points at their face value,
    rounded down; and no more than its own cap.
    """
    found: list[tuple[int, int]] = []
    before: int | None = None
    for account in promo_accounts(currency.program_id):
        if account.currency_id == currency.id and _pays_at(account, context):
            cap = _cap(account, currency, context)
            if cap > 0:
                found += [(account.id, cap)] if before in (None, account.priority) else [ledger.NEXT, (account.id, cap)]
                before = account.priority
    return tuple(found)


def _pays_at(account: PromoAccount, context: SpendContext) -> bool:
    at_partner = not account.partner_ids or context.partner_id in account.partner_ids
    return at_partner and (not account.outlet_ids or context.outlet_id in account.outlet_ids)


def _cap(account: PromoAccount, currency: Currency, context: SpendContext) -> int:
    covered = context.total
    if account.product_groups:
        covered = min(covered, sum(context.groups.get(group, 0) for group in account.product_groups))
    money = covered * account.share_bp // 10_000
    points = int((money / currency.face_minor).to_integral_value(ROUND_FLOOR))
    return points if account.cap_points is None else min(points, account.cap_points)
