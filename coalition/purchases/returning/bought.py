"""What purchases consisted of, and how much of each has been returned: what a return has to know, for many at once.

Reads only. Where a decision follows, the purchases are locked first (`lock`): what is read after that does not move.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from coalition.kernel.db import raw
from coalition.purchases.receipts import Discount, GrantedAward
from coalition.purchases.returning.clawing import spread

# Purchases are append-only, so that their rows cannot be locked; the number of one stands for it, in ascending order.
_LOCK = """
    SELECT pg_advisory_xact_lock(hashtextextended('purchase:' || id, 14))
      FROM (SELECT id FROM unnest(%s::bigint[]) id ORDER BY id) x"""
_HEADS = """
    SELECT id, external_id, member_id, legal_entity_id, total_minor, points_paid_minor FROM purchase
     WHERE id = ANY(%s)"""
_LINES = """
    SELECT l.purchase_id, l.no, l.amount_minor, l.qty_m, coalesce(r.parts, 0) FROM purchase_line l
      LEFT JOIN (SELECT purchase_id, no, sum(parts)::bigint AS parts FROM return_line
                  WHERE purchase_id = ANY(%s) GROUP BY 1, 2) r USING (purchase_id, no)
     WHERE l.purchase_id = ANY(%s) ORDER BY l.purchase_id, l.no"""
_AWARDS = """
    SELECT a.purchase_id, a.account_id, a.entry_id, coalesce(r.funder_id, a.issuer_id), a.effect, a.returns, a.no,
           coalesce(r.code, a.promotion), coalesce(r.version, a.promotion_version), a.currency_id, a.units, a.lines,
           a.available_at, a.expires_at, a.reason_key, a.reason_params
      FROM award a LEFT JOIN base_rule r ON r.id = a.rule_id
     WHERE a.purchase_id = ANY(%s) ORDER BY a.purchase_id, a.no"""
_TENDERS = """
    SELECT purchase_id, no, amount_minor, units, currency_id, account_id, entry_id FROM purchase_tender
     WHERE purchase_id = ANY(%s) ORDER BY purchase_id, no"""
_DISCOUNTS = """
    SELECT purchase_id, promotion, promotion_version, effect, amount_minor, lines FROM purchase_discount
     WHERE purchase_id = ANY(%s) ORDER BY purchase_id, no"""
_KINDS = "SELECT purchase_id, bool_or(kind = 'void') FROM purchase_return WHERE purchase_id = ANY(%s) GROUP BY 1"


@dataclass(frozen=True, slots=True)
class BoughtLine:
    """A line as it was sold. `sold` is its quantity in thousandths, or one part where it had none."""

    no: int
    amount: int
    qty_m: int | None

    @property
    def sold(self) -> int:
        """The parts that can be returned of it."""
        return self.qty_m or 1


@dataclass(frozen=True, slots=True)
class Granted:
    """An award with the journal row that carries it and the entity that issued it (None: the seller).

    `effect` is that of the promotion that made it, and `returns` what becomes of it when goods come back.
    """

    account_id: int
    entry_id: int
    funder_id: int | None
    award: GrantedAward
    effect: int | None = None
    returns: str | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """Points that paid: `units` for `amount` minor units of money. `no` is 0 for a hold."""

    no: int
    amount: int
    units: int
    currency_id: int
    account_id: int
    entry_id: int


@dataclass(slots=True)
class Bought:
    """A purchase with all that a return touches. `returned` are the parts returned so far, by line number."""

    id: int
    external_id: str
    member_id: int | None
    legal_entity_id: int
    total: int
    points_paid: int
    lines: dict[int, BoughtLine] = field(default_factory=dict)
    returned: dict[int, int] = field(default_factory=dict)
    awards: list[Granted] = field(default_factory=list)
    tenders: list[Paid] = field(default_factory=list)
    discounts: list[Discount] = field(default_factory=list)
    touched: bool = False
    voided: bool = False

    @property
    def amounts(self) -> list[tuple[int, int]]:
        """What the lines cost after the program's discounts, by line number."""
        off: dict[int, int] = {}
        for discount in self.discounts:
            for no, minor in discount.lines.items():
                off[int(no)] = off.get(int(no), 0) + minor
        return [(line.no, line.amount - off.get(line.no, 0)) for line in self.lines.values()]

    @property
    def bases(self) -> dict[int, int]:
        """The money paid for each line: its amount less its share of what points paid."""
        shares = self.paid_by_points
        return {no: amount - shares[no] for no, amount in self.amounts}

    @property
    def paid_by_points(self) -> dict[int, int]:
        """The money that points paid of each line."""
        return spread(self.points_paid, self.amounts)

    def left(self, no: int) -> int:
        """The parts of a line that have not been returned."""
        return self.lines[no].sold - self.returned[no]

    @property
    def state(self) -> str:
        """`recorded`, `partly_returned`, `returned` or `voided`."""
        if self.voided:
            return "voided"
        if not self.touched:
            return "recorded"
        return "partly_returned" if any(self.left(no) for no in self.lines) else "returned"


def lock(purchase_ids: Collection[int]) -> None:
    """Let nobody else return anything of these purchases until the transaction ends; in ascending order."""
    if purchase_ids:
        raw().execute(_LOCK, (list(purchase_ids),)).fetchall()


def bought(purchase_ids: Iterable[int]) -> dict[int, Bought]:
    """Purchases by their numbers; numbers of none are left out. In six statements, however many there are."""
    wanted = list(set(purchase_ids))
    found = {row[0]: Bought(*row) for row in raw().execute(_HEADS, (wanted,))} if wanted else {}
    ids = list(found)
    if not ids:
        return found
    for purchase_id, no, amount, qty_m, parts in raw().execute(_LINES, (ids, ids)):
        found[purchase_id].lines[no] = BoughtLine(no, amount, qty_m)
        found[purchase_id].returned[no] = parts
    for purchase_id, account_id, entry_id, funder_id, effect, returns, *award in raw().execute(_AWARDS, (ids,)):
        granted = Granted(account_id, entry_id, funder_id, GrantedAward(*award), effect, returns)
        found[purchase_id].awards.append(granted)
    for purchase_id, *tender in raw().execute(_TENDERS, (ids,)):
        found[purchase_id].tenders.append(Paid(*tender))
    for purchase_id, *discount in raw().execute(_DISCOUNTS, (ids,)):
        found[purchase_id].discounts.append(Discount(*discount))
    for purchase_id, voided in raw().execute(_KINDS, (ids,)):
        found[purchase_id].touched, found[purchase_id].voided = True, voided
    return found
