"""Writing purchases: one in a single statement, many by COPY; both leave the same rows.

A purchase's key is (partner, external id). One that is known is not written again: it comes back as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import psycopg

from coalition import ledger, partners, programs
from coalition.kernel import audit
from coalition.kernel.copying import array, copy_csv, quoted
from coalition.kernel.db import RacingKey, at_end, hot, load_sql, raw
from coalition.promotions.granting import PURCHASE, Evaluation, keeping
from coalition.purchases.grants import Grant
from coalition.purchases.lines import written
from coalition.purchases.receipts import Discount, GrantedAward, Receipt, Recorded

_HEAD = (
    "occurred_at, member_id, total_minor, points_paid_minor, captured, captured_currency_id, hold_account_id, hold_id,"
    " program_id, partner_id, outlet_id, legal_entity_id, registry_id, source_id, external_id, request_hash, currency,"
    " channel, payments, actor, request_id"
)
_LINES = "purchase_id, no, amount_minor, qty_m, price_minor, sku, name, category"
_AWARDS = (
    "purchase_id, no, account_id, entry_id, units, available_at, expires_at, currency_id, rule_id, promotion_version,"
    " effect, issuer_id, lines, reason_key, reason_params, promotion, returns"
)
_AWARD_FIELDS = _AWARDS.split(", ")
_INSERT_AWARD = f"INSERT INTO award ({_AWARDS})"
_AWARD_ROW = f"({', '.join(f'%({name})s' for name in _AWARD_FIELDS)})"
_FEW = 24  # from more on, COPY is quicker
_FEW_AWARDS = f"""
    WITH kept AS ({{}})
    INSERT INTO award ({_AWARDS})
    SELECT x.* FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
                           %s::timestamptz[], %s::int[], %s::int[], %s::int[], %s::smallint[], %s::int[], %s::jsonb[],
                           %s::text[], %s::jsonb[], %s::text[], %s::text[]) x"""
_TENDERS = "purchase_id, no, amount_minor, units, currency_id, account_id, entry_id"
_STANDING = (
    "SELECT external_id, request_hash, id, member_id, occurred_at, currency, total_minor, captured,"
    " captured_currency_id FROM purchase WHERE partner_id = %s AND external_id = ANY(%s)"
)

_WAITING = (
    "SELECT external_id, request_hash FROM suspense"
    " WHERE partner_id = %s AND external_id = ANY(%s) AND state IN ('waiting', 'refused')"
)


class Via(NamedTuple):
    """How purchases came: in which registry, from which source of the partner (None: by the API)."""

    registry_id: int | None = None
    source_id: int | None = None


@dataclass(frozen=True, slots=True)
class Tender:
    """Points that paid: `amount` units of a currency, captured from a hold on a wallet."""

    amount: int
    currency_id: int
    account_id: int
    hold_id: int


@dataclass(frozen=True, slots=True)
class Redemption:
    """Points that pay on the spot: `units` of a currency for `amount` minor units of money.

    `drawing` says which lots pay, in which order.
    """

    units: int
    amount: int
    currency_id: int
    account_id: int
    drawing: programs.Drawing


class TenderRow(NamedTuple):
    """Points that paid for a purchase, with the journal row that carries them; `amount` is money."""

    purchase_id: int
    no: int
    amount: int
    units: int
    currency_id: int
    account_id: int
    entry_id: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A receipt that may be recorded: its outlet, member, tier and tender are known. `points_paid` is money.

    `earns` is False where the program lets its member redeem, but not earn. `discounts`: what a
    `quote` (its number, and the ruleset that it went by) has promised.
    """

    place: int
    receipt: Receipt
    program_id: int
    outlet: partners.Outlet
    member_id: int | None
    points_paid: int
    tender: Tender | None = None
    tier: str = "base"
    perks: Mapping[str, Any] = field(default_factory=dict)
    earns: bool = True
    redeemed: tuple[Redemption, ...] = ()
    discounts: tuple[Discount, ...] = ()
    quote: tuple[int, int | None] | None = None

    @property
    def discounted(self) -> Receipt:
        """The receipt as it is paid: lines at their amounts less what comes off them."""
        if not self.discounts:
            return self.receipt
        off: dict[int, int] = {}
        for discount in self.discounts:
            for no, minor in discount.lines.items():
                off[int(no)] = off.get(int(no), 0) + minor
        lines = tuple(line._replace(amount=line.amount - off.get(line.no, 0)) for line in self.receipt.lines)
        return replace(self.receipt, lines=lines, total=sum(line.amount for line in lines))


class BookedAward(NamedTuple):
    """An award with the journal row that carries it."""

    purchase_id: int
    account_id: int
    entry_id: int
    grant: Grant
    award: GrantedAward


Standing = tuple[bytes, Recorded]


def standing(partner_id: int, external_ids: Iterable[str]) -> dict[str, Standing]:
    """The purchases that a partner has already sent under these external ids, each with its request hash."""
    found = {}
    for external_id, request_hash, purchase_id, *rest in raw().execute(_STANDING, (partner_id, list(external_ids))):
        member_id, occurred_at, currency, total, captured, captured_currency = rest
        tender = None if captured is None else (captured, captured_currency)
        head = (purchase_id, external_id, partner_id, member_id, occurred_at, currency, total)
        found[external_id] = (bytes(request_hash), Recorded(*head, captured=tender, replayed=True))
    return found


def waiting(partner_id: int, external_ids: Iterable[str]) -> dict[str, bytes]:
    """The request hashes of a partner's purchases that wait for their member under these external ids."""
    rows = raw().execute(_WAITING, (partner_id, list(external_ids)))
    return {external_id: bytes(request_hash) for external_id, request_hash in rows}


def insert_one(draft: Draft, via: Via) -> int | None:
    """Write one purchase with its lines; its id, or None if its key is taken. Waits for a racing twin to end.

    A purchase of another content that waits for its member has the key, too.
    Locks the member's wallets first, in the same statement, and lets the ledger know which they are.
    """
    lines = draft.receipt.lines
    key = (draft.outlet.partner_id, draft.receipt.external_id, draft.receipt.request_hash)
    params = [draft.program_id, draft.member_id, *_head(draft, via), *key, *map(array, zip(*lines, strict=True))]
    rows = hot(load_sql(__file__, "insert_one.sql"), params).fetchall()
    if draft.member_id is not None:
        wallets = {currency_id: account_id for _, currency_id, account_id in rows if account_id is not None}
        ledger.learn(draft.program_id, ledger.AccountKind.WALLET, draft.member_id, wallets)
    return rows[0][0] if rows else None


def insert_many(drafts: Sequence[Draft], via: Via) -> list[int]:
    """Write purchases whose keys are free by COPY; their ids. Raises RacingKey if one was taken meanwhile."""
    numbers = raw().execute("SELECT nextval('purchase_id') FROM generate_series(1, %s)", (len(drafts),)).fetchall()
    ids = [number for (number,) in numbers]
    heads = (_head_row(number, draft, via) for number, draft in zip(ids, drafts, strict=True))
    try:
        copy_csv("purchase", f"id, {_HEAD}", heads)
    except psycopg.errors.UniqueViolation as error:
        raise RacingKey from error
    copy_csv("purchase_line", _LINES, map(_line_rows, ids, drafts))
    return ids


def insert_awards(
    booked: Sequence[BookedAward], evaluations: Sequence[Evaluation] = (), *, ending: bool = False
) -> None:
    """Write the awards of purchases, with the evaluations that they come from: a few of them in one statement.

    `ending`: what base rules alone have given is written as the door closes.
    """
    if evaluations and 0 < len(booked) <= _FEW:
        sql, params = keeping.inserting(PURCHASE, evaluations)
        columns = [list(column) for column in zip(*map(_award, booked), strict=True)]
        raw().execute(_FEW_AWARDS.format(sql).encode(), (*params, *columns))
        return
    keeping.insert(PURCHASE, evaluations)
    if ending and len(booked) <= _FEW:
        for one in booked:
            at_end(_INSERT_AWARD, dict(zip(_AWARD_FIELDS, _award(one), strict=True)), row=_AWARD_ROW)
    elif booked:
        copy_csv("award", _AWARDS, map(_award_row, booked))


def insert_tenders(rows: Sequence[TenderRow]) -> None:
    """Write the points that paid for purchases."""
    if rows:
        copy_rows("purchase_tender", _TENDERS, rows)


def _head(draft: Draft, via: Via) -> tuple[Any, ...]:
    receipt, outlet, origin = draft.receipt, draft.outlet, audit.origin()
    tender = draft.tender
    paid = (tender.amount, tender.currency_id, tender.account_id, tender.hold_id) if tender else (None,) * 4
    payments = json.dumps(receipt.payments) if receipt.payments else None
    where = (draft.program_id, outlet.partner_id, outlet.id, outlet.legal_entity_id, *via)
    what = (receipt.external_id, receipt.request_hash, receipt.currency, receipt.channel, payments)
    head = (receipt.occurred_at, draft.member_id, receipt.total, draft.points_paid)
    return (*head, *paid, *where, *what, origin.actor, origin.request_id)


def _head_row(purchase_id: int, draft: Draft, via: Via) -> str:
    *numbers, external_id, request_hash, currency, channel, payments, actor, request_id = _head(draft, via)
    what = f"{quoted(external_id)},\\x{request_hash.hex()},{quoted(currency)},{quoted(channel)},{quoted(payments)}"
    return f"{purchase_id},{','.join(map(str, numbers))},{what},{quoted(actor)},{quoted(request_id)}"


def _line_rows(purchase_id: int, draft: Draft) -> str:
    rows = draft.receipt.rows or written(draft.receipt.lines)
    return f"{purchase_id}," + f"\n{purchase_id},".join(rows)


def _award(booked: BookedAward) -> tuple[Any, ...]:
    award, grant = booked.award, booked.grant
    row = (booked.purchase_id, award.no, booked.account_id, booked.entry_id, award.units)
    born = (award.available_at, award.expires_at, award.currency_id, grant.rule_id)
    by = (grant.version, grant.effect, grant.issuer_id) if grant.rule_id is None else (None, None, None)
    why = (_json(award.lines), award.reason_key, _json(award.reason_params))
    return (*row, *born, *by, *why, grant.code if grant.rule_id is None else None, grant.returns)


def _award_row(booked: BookedAward) -> str:
    *numbers, lines, reason_key, reason_params, promotion, returns = _award(booked)
    why = f"{quoted(lines)},{quoted(reason_key)},{quoted(reason_params)}"
    return f"{','.join(map(str, numbers))},{why},{quoted(promotion)},{quoted(returns)}"


def _json(values: Mapping[str, int]) -> str:
    """Numbers by names of ours, in which nothing has to be escaped."""
    return "{" + ", ".join([f'"{name}": {value}' for name, value in values.items()]) + "}"


def copy_rows(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Add rows to a table by COPY."""
    with raw().cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)
