"""A member's timeline: what the ledger booked, and what the audit trail says was done, in one order of time.

The two are read side by side, each from where the page before stopped; the cursor holds both places. Purchases have a
list of their own, because one that earned nothing was never booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coalition import access, ledger, members, programs, purchases, wallets
from coalition.console.frame import currency_name, partner_names
from coalition.kernel import audit, ids
from coalition.kernel.audit import Trace
from coalition.kernel.web.pages import language
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.ledger import EntryKind, Movement, Operation
from coalition.members import Member
from coalition.site.expiries import last_day

LOOK = "member.viewed"
_DEEDS = tuple(f"wallet.{kind}" for kind in ("adjustment", "reversal", "transfer", "conversion", "donation"))
_HOLDS = (EntryKind.HOLD, EntryKind.RELEASE)
KINDS: Mapping[str, Sequence[EntryKind]] = {
    "": tuple(EntryKind),
    "points": tuple(kind for kind in EntryKind if kind not in _HOLDS),
    "holds": (*_HOLDS, EntryKind.CAPTURE),
    "purchases": (),
    "record": (),
    "looks": (),
}


def page(member: Member, kind: str, cursor: str | None, limit: int) -> Page[dict[str, Any]]:
    """A page of the timeline, newest first; `kind` is a key of KINDS, "" for everything but looks and dry purchases."""
    if kind == "purchases":
        return _purchases(member, cursor, limit)
    if kind in ("record", "looks"):
        return _traces(member, kind, cursor, limit)
    if kind:
        found = ledger.movements(list(_accounts(member)), cursor, limit, kinds=KINDS[kind])
        return Page(told(member, found.items), found.next_cursor)
    return _everything(member, cursor, limit)


def _everything(member: Member, cursor: str | None, limit: int) -> Page[dict[str, Any]]:
    account, entry, trace = (int(part) for part in decode_cursor(cursor, int, int, int) or (0, 0, 0))
    from_entry = encode_cursor(account, entry) if entry else None
    moved = ledger.movements(list(_accounts(member)), from_entry, limit, kinds=KINDS[""])
    traces = audit.trail(f"member:{member.id}", trace or None, limit + 1, but=(LOOK, *_DEEDS))
    both: list[Movement | Trace] = [*moved.items, *traces]
    both.sort(key=lambda one: one.recorded_at if isinstance(one, Movement) else one.at, reverse=True)
    shown = both[:limit]
    movements = [one for one in shown if isinstance(one, Movement)]
    if movements:
        account, entry = movements[-1].account_id, movements[-1].entry_id
    done = [one for one in shown if isinstance(one, Trace)]
    words = {("m", one["id"]): one for one in told(member, movements)}
    words |= {("t", one["id"]): one for one in _said(done)}
    keys = (("m", one.entry_id) if isinstance(one, Movement) else ("t", one.id) for one in shown)
    more = len(both) > limit or moved.next_cursor is not None
    place = encode_cursor(account, entry, done[-1].id if done else trace)
    return Page([words[key] for key in keys], place if more else None)


def _traces(member: Member, kind: str, cursor: str | None, limit: int) -> Page[dict[str, Any]]:
    (before,) = decode_cursor(cursor, int) or (None,)
    which = {"only": (LOOK,)} if kind == "looks" else {"but": (LOOK,)}
    found = audit.trail(f"member:{member.id}", int(before) if before else None, limit + 1, **which)
    return Page(_said(found[:limit]), encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def _purchases(member: Member, cursor: str | None, limit: int) -> Page[dict[str, Any]]:
    names = partner_names(member.program_id)
    program = programs.get(member.program_id)
    found = purchases.of_members([member.id, *members.absorbed(member.id)], cursor, limit)
    items = [
        {
            "sort": "purchase",
            "at": one.occurred_at,
            "id": ids.public("pur", one.id),
            "reference": one.external_id,
            "partner": names.get(one.partner_id),
            "total_minor": one.total_minor,
            "currency": one.currency,
            "decimals": program.currency_decimals,
        }
        for one in found.items
    ]
    return Page(items, found.next_cursor)


def told(member: Member, movements: Sequence[Movement]) -> list[dict[str, Any]]:
    """Journal rows as steps of the timeline, with why they were booked."""
    names, zone = partner_names(member.program_id), programs.get(member.program_id).zone
    currencies = {currency.id: currency for currency in programs.currencies(member.program_id)}
    why = purchases.whys(movements, language())
    deeds, accounts = _deeds(member, movements), _accounts(member)
    return [
        {
            "sort": "movement",
            "id": one.entry_id,
            "at": one.occurred_at,
            "recorded_at": one.recorded_at,
            "kind": one.kind.name.lower(),
            "operation": Operation(one.operation).name.lower(),
            "reference": one.external_id if one.partner_id else None,
            "partner": names.get(one.partner_id),
            "amount": one.amount,
            "currency": currencies[one.currency_id],
            "currency_name": currency_name(currencies[one.currency_id]),
            "expires_on": last_day(one.expires_at, zone) if one.expires_at and one.amount > 0 else None,
            "reason": why[one.entry_id].reason if why[one.entry_id].purchase_id else None,
            "purchase": _public(why[one.entry_id].purchase_id),
            "deed": deeds.get(one.entry_id),
            "former": _former(member, accounts.get(one.account_id)),
            "movement": _undone_here(member, one, accounts.get(one.account_id)),
        }
        for one in movements
    ]


def _said(traces: Iterable[Trace]) -> list[dict[str, Any]]:
    found = list(traces)
    names = access.names(one.actor for one in found)
    return [
        {
            "sort": "trace",
            "id": one.id,
            "at": one.at,
            "action": one.action,
            "actor": names.get(one.actor, one.actor),
            "details": dict(one.details),
        }
        for one in found
    ]


def _deeds(member: Member, movements: Sequence[Movement]) -> dict[int, dict[str, Any]]:
    """What staff did and why, by the journal row that it left."""
    if all(one.operation not in (Operation.ADJUSTMENT, Operation.REVERSAL) for one in movements):
        return {}
    found = [deed for number in (member.id, *members.absorbed(member.id)) for deed in wallets.deeds_of(number)]
    names = access.names(one.actor for one in found)
    return {
        one.entry_id: {
            "reason_code": one.reason_code,
            "note": one.note,
            "actor": names.get(one.actor, one.actor),
        }
        for one in found
    }


def _public(purchase_id: int | None) -> str | None:
    return ids.public("pur", purchase_id) if purchase_id else None


def _undone_here(member: Member, movement: Movement, owner: int | None) -> str | None:
    """The public id of a movement that may be undone from this member's timeline: its own, not a merged member's."""
    here = owner == member.id and wallets.reversible(movement)
    return ids.public("mov", movement.account_id, movement.entry_id) if here else None


def _former(member: Member, owner: int | None) -> str | None:
    """The merged member on whose wallet something was booked, by its public id; None for this member's own."""
    return ids.public("mbr", owner) if owner is not None and owner != member.id else None


def _accounts(member: Member) -> dict[int, int]:
    """The wallets of a member and of those that were merged into it: whose each of them was."""
    return {
        balance.account_id: number
        for number in (member.id, *members.absorbed(member.id))
        for balance in ledger.balances(member.program_id, number)
    }
