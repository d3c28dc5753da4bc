"""Coupons of purchases: claimed before promotions are asked, redeemed if one has given something, told in any case.

A purchase is never refused for its coupons: the goods are sold. What became of each code is kept and told: `redeemed`,
`idle` (good, but no promotion has given anything for it; it can be used again), or why it was refused. A batch without
codes costs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from coalition.kernel import audit
from coalition.kernel.copying import copy_csv, quoted
from coalition.kernel.db import raw
from coalition.promotions import coupons
from coalition.promotions.coupons import Ask, Presented, Use
from coalition.purchases.counter import Counter
from coalition.purchases.receipts import Receipt, ShownCoupon
from coalition.purchases.recording.storing import Draft

Made = tuple[int, Draft]
REDEEMED, IDLE = "redeemed", "idle"
BRAKED = "coupon_braked"
_COLUMNS = "purchase_id, no, coupon_id, code, outcome"
_READ = "SELECT code, outcome FROM purchase_coupon WHERE purchase_id = %s ORDER BY no"


def claimed(at: Counter, made: Sequence[Made]) -> dict[int, tuple[Presented, ...]]:
    """What the codes of new purchases open, by purchase. Locks codes, so that nobody else uses them up meanwhile."""
    mine = [(purchase_id, draft) for purchase_id, draft in made if draft.receipt.coupons]
    asks = [ask(at, draft.member_id, draft.receipt) for _, draft in mine]
    actor = audit.origin().actor
    if asks and coupons.wait_s(actor):
        return {number: _braked(draft) for number, draft in mine}
    found = coupons.claim(at.program.id, asks) if asks else []
    coupons.note_misses(actor, (one.refusal for shown in found for one in shown))
    return {purchase_id: shown for (purchase_id, _), shown in zip(mine, found, strict=True)}


def _braked(draft: Draft) -> tuple[Presented, ...]:
    return tuple(Presented(code, refusal=BRAKED) for code in draft.receipt.coupons[: coupons.CODES_MAX])


def ask(at: Counter, member_id: int | None, receipt: Receipt) -> Ask:
    """What is asked about a receipt's codes. Its last uses are reserved under its own key: another quote finds them."""
    return Ask(member_id, receipt.occurred_at, receipt.coupons, f"{at.partner.id}:{receipt.external_id}")


def opened(shown: Iterable[Presented]) -> tuple[str, ...]:
    """The coupons of promotions that these codes open."""
    return tuple(dict.fromkeys(one.opens for one in shown if one.opens))


def settle(
    made: Sequence[Made], claimed: Mapping[int, tuple[Presented, ...]], used: Mapping[int, frozenset[str]]
) -> dict[int, tuple[ShownCoupon, ...]]:
    """Redeem each code for which a promotion has given something (`used`, by purchase); what became of every code.

    Of several codes that open the same, the first one is used.
    """
    uses, rows, told = [], list[str](), dict[int, tuple[ShownCoupon, ...]]()
    for purchase_id, draft in made:
        waiting = set(used.get(purchase_id, ()))
        outcomes = []
        for no, one in enumerate(claimed.get(purchase_id, ()), start=1):
            outcome = one.refusal or (REDEEMED if one.opens in waiting else IDLE)
            if outcome == REDEEMED:
                waiting.discard(one.opens or "")
                uses.append(Use(one, purchase_id, draft.member_id))
            outcomes.append(ShownCoupon(one.code, outcome))
            rows.append(f"{purchase_id},{no},{one.coupon_id or None},{quoted(one.code)},{outcome}")
        if outcomes:
            told[purchase_id] = tuple(outcomes)
    coupons.redeem(uses)
    if rows:
        copy_csv("purchase_coupon", _COLUMNS, rows)
    return told


def coupons_of(purchase_id: int) -> tuple[ShownCoupon, ...]:
    """What became of the codes that a purchase brought."""
    return tuple(ShownCoupon(*row) for row in raw().execute(_READ, (purchase_id,)))
