"""The member's cabinet: the balance with every part of it, and the history of its movements.

A movement is named by what the ledger knows of it, and explained where a purchase stands behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request

from coalition import ledger, members, partners, programs, purchases
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.kernel.web.paging import Page
from coalition.ledger import Balance, EntryKind, Lot, Movement, Operation
from coalition.purchases import Why
from coalition.site import viewer
from coalition.site.expiries import SOON_DAYS, by_month, last_day
from coalition.site.tier import tier_of

blueprint = Blueprint("account", __name__)
LOTS_SHOWN = 200
LATEST = 6
PAGE = 50
_FILTERS: Mapping[str, tuple[EntryKind, ...]] = {
    "earned": (EntryKind.CREDIT,),
    "spent": (EntryKind.DEBIT, EntryKind.CAPTURE),
    "returned": (EntryKind.RESTORE, EntryKind.NETTING),
    "expired": (EntryKind.EXPIRY,),
}
_BY_OPERATION = {
    Operation.PURCHASE: "purchase",
    Operation.RETURN: "return",
    Operation.VOID: "return",
    Operation.ORDER: "order",
    Operation.ORDER_CAPTURE: "order",
    Operation.ORDER_RELEASE: "order_release",
    Operation.ADJUSTMENT: "adjustment",
    Operation.TRANSFER: "transfer",
    Operation.CONVERSION: "conversion",
    Operation.DONATION: "donation",
    Operation.EXCHANGE_CAPTURE: "exchange",
    Operation.REVERSAL: "reversal",
    Operation.MERGE: "merge",
    Operation.EVENT: "event",
    Operation.OPENING: "opening",
}
_SAID = ("adjustment", "event", "netting", "reversal", "merge")  # what their title leaves open
_BY_KIND = {
    EntryKind.CREDIT: "adjustment",
    EntryKind.DEBIT: "capture",
    EntryKind.CAPTURE: "capture",
    EntryKind.EXPIRY: "expiry",
    EntryKind.RESTORE: "return",
    EntryKind.NETTING: "netting",
    EntryKind.ARRIVAL: "adjustment",
}


@blueprint.get("/account")
def balance() -> str:
    """What the member has, of what parts, and when each expires."""
    return render_template("site/balance.html", nav="account", **transact(_balance))


@blueprint.get("/account/history")
def history() -> str:
    """Every movement of the member's points, newest first."""
    kind = request.args.get("kind", "")
    kind = kind if kind in _FILTERS else ""
    page = transact(lambda: _history(kind, request.args.get("cursor")))
    return render_template(
        "site/history.html", nav="account", kind=kind, operations=page.items, next_cursor=page.next_cursor
    )


def _balance() -> dict[str, Any]:
    member = viewer.require_member()
    program = programs.get(member.program_id)
    main = programs.main_currency(program.id)
    wallets = {wallet.currency_id: wallet for wallet in ledger.balances(program.id, member.member_id)}
    wallet = wallets.get(main.id, Balance(0, main.id, 0, 0, 0, 0, ()))
    today = clock.local_date(clock.now(), program.zone)
    ends = [(amount, last_day(end, program.zone)) for amount, end in wallet.next_expirations]
    lots = [lot for lot in ledger.lots(wallet.account_id) if lot.expires_at is None or lot.expires_at > clock.now()]
    names = _names(program.id)
    funders = {entity.id: entity.name for entity in partners.entities(program.id)}
    promos = promo_names(program.id)
    account = {
        "name": main.name_ru if language() == "ru" else main.name_en,
        "card_hint": _card_hint(member.member_id),
        "currency": main,
        "available": wallet.available,
        "pending": wallet.pending,
        "held": wallet.held,
        "arrears": wallet.arrears,
        "restricted": sum(amount for _, amount in wallet.restricted),
        "earned_this_year": ledger.credited(
            wallet.account_id, clock.start_of_day(today.replace(month=1, day=1), program.zone)
        ),
    }
    return {
        "account": account,
        "tier": tier_of(program, member.member_id, wallets),
        "others": [_other(wallets[id]) for id in wallets if id != main.id],
        "expiring": next(
            ({"amount": amount, "expires_on": day} for amount, day in ends if (day - today).days <= SOON_DAYS), None
        ),
        "expiry_months": by_month(ends, today),
        "lots": [_lot(lot, names, funders, promos, program.zone) for lot in lots[:LOTS_SHOWN]],
        "lots_more": max(0, len(lots) - LOTS_SHOWN),
        "operations": _movements(member, None, LATEST, tuple(_BY_KIND)).items,
    }


def _history(kind: str, cursor: str | None) -> Page[dict[str, Any]]:
    member = viewer.require_member()
    return _movements(member, cursor, PAGE, _FILTERS.get(kind, tuple(_BY_KIND)))


def _movements(
    member: viewer.Viewer, cursor: str | None, limit: int, kinds: Sequence[EntryKind]
) -> Page[dict[str, Any]]:
    wallets = [wallet.account_id for wallet in ledger.balances(member.program_id, member.member_id)]
    page = ledger.movements(wallets, cursor, limit, kinds=kinds)
    currencies = {currency.id: currency for currency in programs.currencies(member.program_id)}
    names, zone = _names(member.program_id), programs.get(member.program_id).zone
    whys = purchases.whys(page.items, language())
    return Page([_movement(one, whys[one.entry_id], currencies, names, zone) for one in page.items], page.next_cursor)


def _movement(
    one: Movement, why: Why, currencies: Mapping[int, programs.Currency], names: Mapping[int, str], zone: str
) -> dict[str, Any]:
    kind = _kind(one)
    return {
        "at": one.occurred_at,
        "kind": kind,
        "reference": one.external_id if kind in ("purchase", "return") and one.partner_id else None,
        "title": None,
        "why": why.reason if why.purchase_id or kind in _SAID else None,
        "partner": names.get(one.partner_id) if kind not in ("expiry", "order") else None,
        "amount": one.amount,
        "expires_on": last_day(one.expires_at, zone) if one.expires_at and one.amount > 0 else None,
        "order_id": None,
        "currency": currencies[one.currency_id],
    }


def _kind(one: Movement) -> str:
    if one.kind is EntryKind.EXPIRY or (one.amount < 0 and one.operation == Operation.PURCHASE):
        return _BY_KIND[one.kind]
    if one.kind is EntryKind.ARRIVAL and one.operation == Operation.TRANSFER:
        return "arrival"
    return _BY_OPERATION.get(Operation(one.operation), _BY_KIND[one.kind])


def promo_names(program_id: int) -> dict[int, str]:
    """What a program's promo accounts are called, by the restriction of their lots."""
    in_russian = language() == "ru"
    return {one.id: one.name_ru if in_russian else one.name_en for one in programs.promo_accounts(program_id)}


def _lot(
    lot: Lot, names: Mapping[int, str], funders: Mapping[int, str], promos: Mapping[int, str], zone: str
) -> dict[str, Any]:
    pending = lot.active_at is not None and lot.active_at > clock.now()
    return {
        "amount": lot.remaining,
        "expires_on": last_day(lot.expires_at, zone) if lot.expires_at else None,
        "credited_on": clock.local_date(lot.issued_at, zone),
        "source": names.get(lot.partner_id),
        "funded_by": ", ".join(funders.get(party, "") for party, _ in lot.legs),
        "state": "pending" if pending else "active",
        "promo": promos.get(lot.restriction_id) if lot.restriction_id else None,
    }


def _other(wallet: Balance) -> dict[str, Any]:
    currency = programs.currency_by_id(wallet.currency_id)
    name = currency.name_ru if language() == "ru" else currency.name_en
    shown = {"code": currency.code, "name": name, "decimals": currency.decimals, "icon": None}
    return {"currency": shown, "available": wallet.available, "note": None}


def _names(program_id: int) -> dict[int, str]:
    return {partner.id: partner.name for partner in partners.list_partners(program_id)}


def _card_hint(member_id: int) -> str | None:
    cards = (one for one in members.identifiers(member_id) if one.kind == "card" and one.state == "active")
    return next((card.hint for card in cards if card.hint), None)
