"""Paying with points: held ones are captured, others redeemed on the spot, in the purchase's own transaction.

A purchase that is paid in part with points earns nothing on that part. What stands in money on the receipt is turned
into points at their face value and rounded up, in the program's favour: a till cannot ask for a fraction of a point.

Locks: the member's wallets, in ascending order, before the day's limit is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING

from coalition import ledger, members, partners, programs
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.ledger import AccountKind, Debit, Operation
from coalition.purchases.counter import Counter
from coalition.purchases.recording.redeeming import Terms, terms
from coalition.purchases.recording.storing import Draft, Redemption, Tender, TenderRow, insert_tenders
from coalition.wallets import limits

REDEEM_NO = 10_001  # of the first redemption of a purchase; 0 is its hold, from 1 on count its awards


def tendered(at: Counter, draft: Draft) -> Draft:
    """The draft with what points pay of it. Raises Invalid or Conflict where points cannot pay this purchase.

    Uses up the member's proof. Where the till does not say how much money held points replaced, they count at their
    face value, rounded down.
    """
    receipt = draft.receipt
    if draft.member_id is None:
        raise _refused("member_required", "/member", "A purchase paid with points names its member.")
    _prove(at, draft, draft.member_id)
    wallets = {balance.account_id: balance for balance in ledger.balances(at.program.id, draft.member_id)}
    ledger.lock(sorted(wallets))
    groups = partners.spent_by_group(at.partner.id, ((line.sku, line.amount) for line in draft.discounted.lines))
    ruled = terms(
        at, draft, receipt.points_paid + sum(amount for _, amount in receipt.redeem) or draft.discounted.total
    )
    paid = _with_hold(at, draft, wallets, groups, ruled) if receipt.hold else draft
    redeemed = _redemptions(at, paid, draft.member_id, groups, ruled)
    worth = sum(one.amount for one in redeemed)
    if paid.points_paid + worth > draft.discounted.total:
        raise _refused("more_than_total", "/payments", "Points cannot pay more than the total.")
    return replace(paid, points_paid=paid.points_paid + worth, redeemed=redeemed)


def pay(at: Counter, made: Sequence[tuple[int, Draft]]) -> None:
    """Capture and redeem what points pay of new purchases (number, draft), and keep it. Conflict where it is gone."""
    rows = []
    for purchase_id, draft in made:
        if draft.receipt.hold:
            rows.append(_capture(at, purchase_id, draft))
        rows += [_redeem(at, purchase_id, draft, no, one) for no, one in enumerate(draft.redeemed, start=REDEEM_NO)]
    insert_tenders(rows)


def _prove(at: Counter, draft: Draft, member_id: int) -> None:
    receipt = draft.receipt
    if not receipt.redeem:
        return
    if receipt.proof is not None:
        members.use_proof(at.program.id, member_id, receipt.proof)
    elif at.program.proof_policy == "spend":
        raise _refused("proof_required", "/proof", "This program wants the member's one-time code to spend.")


def _with_hold(
    at: Counter, draft: Draft, wallets: dict[int, ledger.Balance], groups: dict[str, int], ruled: Terms
) -> Draft:
    """The draft that its hold pays: with all that it has left where the till says how much money that is, else with no
    more than the total needs; what is over stays held."""
    receipt = draft.receipt
    assert receipt.hold is not None
    held = _hold_of(at, receipt.hold)
    if held.account_id not in wallets:
        raise _refused("hold_of_another_member", "/hold_id", "The hold is on the points of another member.")
    currency, total = at.currencies[wallets[held.account_id].currency_id], draft.discounted.total
    worth = receipt.points_paid or min(currency.worth(held.left), total)
    limits.check_receipt(*_ruled(ruled, currency, groups, worth, total), "/hold_id")
    if programs.promo_accounts(at.program.id):
        _check_restricted(receipt.hold, programs.drawing(currency, _context(at, draft, groups)))
    needed = held.left if receipt.points_paid else min(held.left, units_for(currency, total))
    if held.left and not needed:
        raise _refused("more_than_total", "/hold_id", "There is nothing that the points held could pay.")
    tender = Tender(needed, currency.id, held.account_id, held.id)
    return replace(draft, points_paid=worth, tender=tender if needed else None)


def _check_restricted(hold: tuple[int, int], drawing: programs.Drawing) -> None:
    """Refuse held points of promo accounts that may not pay this receipt, or not so many of them."""
    caps = dict(drawing["eligible"])
    if any(points > caps.get(of, 0) for of, points in ledger.restricted(hold).items()):
        detail = "Some of the points held pay elsewhere, or for other goods; release the hold and make another."
        raise _refused("hold_elsewhere", "/hold_id", detail)


def _redemptions(
    at: Counter, draft: Draft, member_id: int, groups: dict[str, int], ruled: Terms
) -> tuple[Redemption, ...]:
    """What the `redeem` payments come to, one of each currency, in points and in money.

    What a hold pays in the same currency counts towards how much of the receipt points may pay; how much that is, and
    in which steps, promotions may have `ruled`.
    """
    receipt, total = draft.receipt, draft.discounted.total
    asked: dict[int, int] = defaultdict(int)
    for code, amount in receipt.redeem:
        asked[_currency(at, code).id] += amount
    context = _context(at, draft, groups)
    found = []
    for currency_id, amount in sorted(asked.items()):
        currency = at.currencies[currency_id]
        units = units_for(currency, amount)
        account_id = ledger.account(at.program.id, currency_id, AccountKind.WALLET, member_id)
        if refusal := programs.redemption_refused(currency, member_id, pointer="/payments"):
            raise refusal
        limits.check_amount(ruled.of(currency, groups)[0], units, "/payments")
        held = draft.points_paid if draft.tender and draft.tender.currency_id == currency_id else 0
        limits.check_receipt(*_ruled(ruled, currency, groups, min(held + amount, total), total), "/payments")
        limits.check_day(currency, account_id, units, at.program.zone, "/payments")
        drawing = programs.drawing(currency, context)
        if held and drawing["eligible"] and receipt.hold:
            drawing = _beside(drawing, ledger.restricted(receipt.hold))
        found.append(Redemption(units, amount, currency_id, account_id, drawing))
    return tuple(found)


def _beside(drawing: programs.Drawing, held: Mapping[int, int]) -> programs.Drawing:
    """What of promo accounts may pay a receipt beside held points of them: no more in all than their caps."""
    left = tuple((of, max(0, cap - held.get(of, 0))) for of, cap in drawing["eligible"])
    return {**drawing, "eligible": left}


def _context(at: Counter, draft: Draft, groups: dict[str, int]) -> programs.SpendContext:
    return programs.SpendContext(at.partner.id, draft.outlet.id, groups, draft.discounted.total)


def _ruled(
    ruled: Terms, currency: programs.Currency, groups: dict[str, int], worth: int, total: int
) -> tuple[programs.Currency, int, int, dict[str, int]]:
    """What `check_receipt` asks, under the rules of promotions."""
    changed, limited = ruled.of(currency, groups)
    return changed, worth, total, limited


def units_for(currency: programs.Currency, amount_minor: int) -> int:
    """The points that stand for so much money, at face value, rounded up in the program's favour."""
    return int((amount_minor / currency.face_minor).to_integral_value(ROUND_CEILING))


def _currency(at: Counter, code: str | None) -> programs.Currency:
    for currency in at.currencies.values():
        if code is None or currency.code == code:
            return currency
    raise _refused("unknown_currency", "/payments", "The program has no such points currency.")


def _capture(at: Counter, purchase_id: int, draft: Draft) -> TenderRow:
    """Redeem the draft's hold at the outlet's legal entity. Raises Conflict if the hold has changed or is over."""
    receipt, tender = draft.receipt, draft.tender
    if tender is None:
        raise _refused("hold_closed", "/hold_id", "The hold has no points left.")
    captured = ledger.capture(
        (tender.account_id, tender.hold_id),
        tender.amount,
        contra_id=_redemption(at, draft, tender.currency_id),
        external_id=receipt.external_id,
        partner_id=at.partner.id,
        request_hash=receipt.request_hash,
        occurred_at=receipt.occurred_at,
        operation=Operation.PURCHASE,
    )
    worth = draft.points_paid - sum(one.amount for one in draft.redeemed)
    where = (tender.currency_id, tender.account_id, captured.entry_id)
    return TenderRow(purchase_id, 0, worth, tender.amount, *where)


def _redeem(at: Counter, purchase_id: int, draft: Draft, no: int, one: Redemption) -> TenderRow:
    """Debit points on the spot. Raises Conflict `insufficient_points` with what is available."""
    receipt = draft.receipt
    debit = Debit(
        account_id=one.account_id,
        contra_id=_redemption(at, draft, one.currency_id),
        amount=one.units,
        occurred_at=receipt.occurred_at,
        program_id=at.program.id,
        partner_id=at.partner.id,
        currency_id=one.currency_id,
        operation=Operation.PURCHASE,
        external_id=receipt.external_id,
        no=no,
        request_hash=receipt.request_hash,
        **one.drawing,
    )
    (posted,) = ledger.post([debit])
    entry_id = posted.or_refuse().entry_id
    assert entry_id is not None
    return TenderRow(purchase_id, no, one.amount, one.units, one.currency_id, one.account_id, entry_id)


def _redemption(at: Counter, draft: Draft, currency_id: int) -> int:
    return ledger.account(at.program.id, currency_id, AccountKind.REDEMPTION, draft.outlet.legal_entity_id)


def _hold_of(at: Counter, hold: tuple[int, int]) -> ledger.Hold:
    try:
        found = ledger.get_hold(*hold)
    except NotFound:
        found = None
    if found is None or found.partner_id != at.partner.id or found.operation != Operation.HOLD:
        raise _refused("unknown_hold", "/hold_id", "There is no such hold.")
    return found


def _refused(code: str, pointer: str, detail: str) -> Invalid:
    return Invalid(code, detail, [FieldError(pointer, code, detail)])
