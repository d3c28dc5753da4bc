"""What the pages of a member show: who it is, the balances and their parts, identifiers, holds and consents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from coalition import ledger, members, partners, programs
from coalition.console.frame import currency_name, partner_names
from coalition.kernel import clock, ids
from coalition.kernel.web import charts
from coalition.kernel.web.pages import language, use_zone
from coalition.ledger import Balance, Lot
from coalition.members import Member
from coalition.site.cabinet import promo_names
from coalition.site.expiries import SOON_DAYS, by_month, last_day

LOTS_SHOWN = 200
_LOTS_AT_A_GLANCE = 5
_HOLDS_SHOWN = 20


def head(member: Member) -> dict[str, Any]:
    """Who it is: the head of every page of a member."""
    program = programs.get(member.program_id)
    use_zone(program.zone)
    profile = members.profile(member.id)
    shown = {
        "id": ids.public("mbr", member.id),
        "name": profile.name,
        "state": member.state,
        "tier": member.tier,
        "external_id": member.external_id,
        "enrolled_by": partner_names(program.id).get(member.enrolled_by),
        "enrolled_at": member.enrolled_at,
        "merged_into": ids.public("mbr", member.merged_into) if member.merged_into else None,
        "absorbed": [ids.public("mbr", number) for number in members.absorbed(member.id)],
    }
    return {"person": shown | _standing(member), "profile": profile, "program": program}


def glance(member: Member) -> dict[str, Any]:
    """What the first page adds: balances, what expires, identifiers, holds and consents."""
    found = wallets(member, lots_shown=_LOTS_AT_A_GLANCE)
    return {
        "wallets": found,
        "identifiers": identifiers(member),
        "holds": _holds(member, {wallet["account_id"]: wallet["currency"] for wallet in found}),
        "consents": members.consents(member.id),
    }


def wallets(member: Member, *, lots_shown: int) -> list[dict[str, Any]]:
    """Every balance of a member with its next expirations and its first parts, the main currency first."""
    program = programs.get(member.program_id)
    balances = {balance.currency_id: balance for balance in ledger.balances(program.id, member.id)}
    names = partner_names(program.id)
    funders = {entity.id: entity.name for entity in partners.entities(program.id)}
    promos = promo_names(program.id)
    found: list[dict[str, Any]] = []
    for currency in programs.currencies(program.id):
        balance = balances.get(currency.id)
        if balance or not found:
            empty = Balance(0, currency.id, 0, 0, 0, 0, ())
            found.append(_wallet(balance or empty, currency, program.zone, names, funders, promos, lots_shown))
    return found


def identifiers(member: Member) -> list[dict[str, Any]]:
    """What the member can present, active ones first."""
    names = partner_names(member.program_id)
    found = [
        {
            "id": ids.public("idn", one.id),
            "kind": one.kind,
            "hint": one.hint,
            "state": one.state,
            "partner": names.get(one.added_by),
            "added_at": one.added_at,
        }
        for one in members.identifiers(member.id)
    ]
    return sorted(found, key=lambda one: one["state"] != "active")


def _standing(member: Member) -> dict[str, Any]:
    """The tier by its name, until when it lasts, and the plans that the member subscribes to."""
    tiers = members.ladder(member.program_id).tiers
    names = {tier.code: tier.name_ru if language() == "ru" else tier.name_en for tier in tiers}
    now = members.standing([member.id]).get(member.id)
    plans = {
        plan.code: plan.name_ru if language() == "ru" else plan.name_en for plan in members.plans(member.program_id)
    }
    zone = programs.get(member.program_id).zone
    return {
        "tier_name": names.get(member.tier),
        "tier_until": last_day(now.tier_until, zone) if now and now.tier_until else None,
        "subscriptions": [plans.get(code, code) for code in now.subscriptions] if now else [],
    }


def _wallet(
    balance: Balance,
    currency: programs.Currency,
    zone: str,
    names: Mapping[int, str],
    funders: Mapping[int, str],
    promos: Mapping[int, str],
    lots_shown: int,
) -> dict[str, Any]:
    today = clock.local_date(clock.now(), zone)
    ends = [(amount, last_day(end, zone)) for amount, end in balance.next_expirations]
    soon = today + dt.timedelta(days=SOON_DAYS)
    lots = [lot for lot in ledger.lots(balance.account_id) if lot.expires_at is None or lot.expires_at > clock.now()]
    return {
        "account_id": balance.account_id,
        "currency": {
            "code": currency.code,
            "name": currency_name(currency),
            "decimals": currency.decimals,
            "spendable": currency.spendable,
        },
        "available": balance.available,
        "pending": balance.pending,
        "held": balance.held,
        "arrears": balance.arrears,
        "restricted": sum(amount for _, amount in balance.restricted),
        "expiring_soon": sum(amount for amount, day in ends if day <= soon),
        "expiry_months": by_month(ends, today),
        "lots": [_lot(lot, zone, names, funders, promos) for lot in lots[:lots_shown]],
        "lots_total": len(lots),
    }


def _lot(
    lot: Lot, zone: str, names: Mapping[int, str], funders: Mapping[int, str], promos: Mapping[int, str]
) -> dict[str, Any]:
    pending = lot.active_at is not None and lot.active_at > clock.now()
    parts = zip(lot.legs, charts.shares([weight for _, weight in lot.legs]), strict=True)
    return {
        "amount": lot.amount,
        "remaining": lot.remaining,
        "expires_on": last_day(lot.expires_at, zone) if lot.expires_at else None,
        "active_at": lot.active_at if pending else None,
        "promo": promos.get(lot.restriction_id) if lot.restriction_id else None,
        "issued_at": lot.issued_at,
        "source": names.get(lot.partner_id),
        "reference": lot.external_id,
        "funders": [{"name": funders.get(party, f"#{party}"), "share": share} for (party, _), share in parts],
    }


def _holds(member: Member, currencies: Mapping[int, Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = partner_names(member.program_id)
    return [
        {
            "id": ids.public("hld", hold.account_id, hold.id),
            "left": hold.left,
            "currency": currencies[hold.account_id],
            "partner": names.get(hold.partner_id),
            "purpose": hold.purpose,
            "expires_at": hold.expires_at,
        }
        for hold in ledger.open_holds(list(currencies), _HOLDS_SHOWN)
    ]
