"""What new purchases earn: evaluated, booked in one batch of the ledger, and kept with the reason of each award.

Base rules first: what they grant (within the limits of who pays) are the base credits that promotions multiply. Then
the ruleset that was in force when a purchase occurred. All of it is one batch and one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from coalition import ledger, members, promotions
from coalition.kernel import clock
from coalition.ledger import AccountKind, Credit, Operation
from coalition.partners.exposure import Declined
from coalition.promotions import granting
from coalition.promotions.granting import Evaluation
from coalition.purchases.counter import Counter, knowing
from coalition.purchases.grants import Grant, of_rule
from coalition.purchases.limiting import ALONE_MAX, Claim, lacking, within
from coalition.purchases.receipts import GrantedAward, Recorded, ShownCoupon
from coalition.purchases.recording.couponing import claimed, opened, settle
from coalition.purchases.recording.netting import vat_rates
from coalition.purchases.recording.promoting import Promoted, promoted, unearning
from coalition.purchases.recording.storing import BookedAward, Draft, insert_awards

Made = tuple[int, Draft]
_FIRST_NO = ALONE_MAX + 1  # of a promotion's award; from 1 on count those by base rules, from 10,001 on redemptions


class _Earned(NamedTuple):
    """What a purchase earns, under its number among the purchase's awards."""

    purchase_id: int
    draft: Draft
    member_id: int
    no: int
    grant: Grant


def award(at: Counter, made: Sequence[Made], *, ending: bool = False) -> list[Recorded]:
    """Evaluate new purchases (id, draft) and book what they earn; the purchases with their awards, in order.

    `ending`: nothing else in the transaction reads the awards.
    """
    rules = promotions.in_force(at.partner.id)
    at = knowing(at, rules)
    products: granting.Products = {}
    earned, beyond = _within_limits(at, list(_by_rules(at, rules, made, products)))
    codes = claimed(at, made)
    found = promoted(at, made, _granted(earned), {of: opened(shown) for of, shown in codes.items()}, products)
    kept: Sequence[Evaluation] = ()
    if found is not None:
        at = found.at
        more, besides = _within_limits(at, list(_by_promotions(made, found)))
        kept = found.settle({(one.purchase_id, *one.grant.booked(at.currencies)): one.grant.units for one in more})
        earned = sorted(earned + more, key=lambda one: (one.purchase_id, one.no))
        beyond += besides
    shown = settle(made, codes, found.coupons() if found else {}) if codes else {}
    return _telling(_book(at, made, earned, kept, ending), shown, beyond)


def _telling(
    recorded: list[Recorded], shown: Mapping[int, tuple[ShownCoupon, ...]], beyond: Sequence[tuple[int, Declined]]
) -> list[Recorded]:
    """The purchases with what became of their coupons, and of the awards that exceeded a limit."""
    if not shown and not beyond:
        return recorded
    declined: dict[int, list[Declined]] = defaultdict(list)
    for purchase_id, one in beyond:
        declined[purchase_id].append(one)
    return [replace(one, coupons=shown.get(one.id, ()), declined=tuple(declined[one.id])) for one in recorded]


def _book(
    at: Counter, made: Sequence[Made], earned: Sequence[_Earned], evaluations: Sequence[Evaluation], ending: bool
) -> list[Recorded]:
    """Credit what is earned and keep the awards, with the evaluations that they come from."""
    credits = _credits(at, earned)
    granted: dict[int, list[GrantedAward]] = defaultdict(list)
    booked = []
    climbing: dict[int, int] = {}
    usable_from = clock.now()
    for one, credit, posted in zip(earned, credits, ledger.post(credits) if credits else (), strict=True):
        if posted.entry_id is None or posted.replayed:
            raise RuntimeError(f"the ledger knows purchase {one.purchase_id}, which was not recorded: {posted}")
        grant = one.grant
        born = (max(usable_from, credit.active_at or usable_from), credit.expires_at)
        lines = {str(no): units for no, units in grant.lines.items()}
        head = (one.no, grant.code, grant.version, grant.currency_id, grant.units, lines, *born)
        kept = GrantedAward(*head, grant.reason_key, grant.reason_params)
        granted[one.purchase_id].append(kept)
        booked.append(BookedAward(one.purchase_id, credit.account_id, posted.entry_id, grant, kept))
        if at.currencies[credit.currency_id].kind == "tier":
            climbing[one.member_id] = posted.undrawn
    insert_awards(booked, evaluations, ending=ending)
    if climbing:
        members.qualify(at.program.id, climbing)
    return [_recorded(purchase_id, draft, granted[purchase_id]) for purchase_id, draft in made]


def base_grants(at: Counter, draft: Draft) -> list[Grant]:
    """What base rules would grant for a draft; nothing is booked."""
    rules = promotions.in_force(at.partner.id)
    return [one.grant for one in _by_rules(knowing(at, rules), rules, [(0, draft)], {})]


def _by_rules(
    at: Counter, rules: Sequence[promotions.Rule], made: Sequence[Made], products: granting.Products
) -> Iterator[_Earned]:
    earners, vat = _Earners(at), vat_rates(at, made, products)
    for purchase_id, draft in made:
        if draft.member_id is not None and draft.earns:
            earner = earners.of(draft)
            paid = min(draft.points_paid + unearning(at, draft), draft.discounted.total)
            rates = vat.get(purchase_id, promotions.NO_VAT)
            awards = promotions.evaluate(draft.discounted, rules, points_paid=paid, earner=earner, vat=rates)
            for no, found in enumerate(awards, start=1):
                payer_id = found.rule.funder_id or draft.outlet.legal_entity_id
                yield _Earned(purchase_id, draft, draft.member_id, no, of_rule(found, payer_id))


def _granted(earned: Sequence[_Earned]) -> dict[int, list[Grant]]:
    """The base credits of each purchase."""
    found: dict[int, list[Grant]] = defaultdict(list)
    for one in earned:
        found[one.purchase_id].append(one.grant)
    return found


def _by_promotions(made: Sequence[Made], found: Promoted) -> Iterator[_Earned]:
    for purchase_id, draft in made:
        for no, grant in enumerate(found.grants.get(purchase_id, ()), start=_FIRST_NO):
            assert draft.member_id is not None
            yield _Earned(purchase_id, draft, draft.member_id, no, grant)


def _within_limits(at: Counter, earned: list[_Earned]) -> tuple[list[_Earned], list[tuple[int, Declined]]]:
    """What the funders' limits carry, and what they do not, with the purchase: it is also noted."""
    if not at.limits:
        return earned, []
    claims = [Claim(one.draft.receipt.external_id, one.no, one.grant) for one in earned]
    granted = within(at, Operation.PURCHASE, claims)
    pairs = list(zip(earned, granted, strict=True))
    cut = [(one, grant) for one, grant in pairs if grant is not one.grant and not one.grant.counts]
    beyond = [(one.purchase_id, lacking(one.no, one.grant, grant)) for one, grant in cut]
    return [one._replace(grant=grant) for one, grant in pairs if grant], beyond


class _Earners:
    """Who earns with which factor, worked out once a tier; what subscriptions grant beside it is the member's own."""

    def __init__(self, at: Counter) -> None:
        self.ladder = members.ladder(at.program.id)
        self.plain = frozenset(one.id for one in at.currencies.values() if one.kind == "tier")
        self.known: dict[str, promotions.Earner] = {}

    def of(self, draft: Draft) -> promotions.Earner:
        if draft.perks:
            return self._earner(draft)
        if draft.tier not in self.known:
            self.known[draft.tier] = self._earner(draft)
        return self.known[draft.tier]

    def _earner(self, draft: Draft) -> promotions.Earner:
        benefits = self.ladder.benefits(draft.tier, draft.perks)
        return promotions.Earner(draft.tier, benefits.earn_x_bp, self.plain)


def _credits(at: Counter, earned: Sequence[_Earned]) -> list[Credit]:
    """One credit an award, under the purchase's key; `no` starts at 1, because 0 is the capture of its tender."""
    program_id = at.program.id
    pairs = {(one.grant.currency_id, one.grant.issuer_id) for one in earned}
    funding = {legs: ledger.funding(legs) for legs in sorted({one.grant.legs for one in earned})}
    contra = {pair: ledger.account(program_id, pair[0], AccountKind.ISSUANCE, pair[1]) for pair in sorted(pairs)}
    owners: dict[int, set[int]] = defaultdict(set)
    for one in earned:
        owners[one.grant.currency_id].add(one.member_id)
    wallets = {of: ledger.accounts(program_id, of, AccountKind.WALLET, who) for of, who in owners.items()}
    credits = []
    for one in earned:
        receipt, grant = one.draft.receipt, one.grant
        born = grant.born(at.policies, receipt.occurred_at)
        credits.append(
            Credit(
                account_id=wallets[grant.currency_id][one.member_id],
                contra_id=contra[grant.currency_id, grant.issuer_id],
                amount=grant.units,
                occurred_at=receipt.occurred_at,
                program_id=program_id,
                partner_id=at.partner.id,
                currency_id=grant.currency_id,
                operation=Operation.PURCHASE,
                external_id=receipt.external_id,
                no=one.no,
                request_hash=receipt.request_hash,
                funding_id=funding[grant.legs],
                active_at=born.active_at,
                expires_at=born.expires_at,
                restriction_id=grant.promo_account_id,
                idle_at=born.idle_at,
            )
        )
    return credits


def _recorded(purchase_id: int, draft: Draft, awards: list[GrantedAward]) -> Recorded:
    receipt, tender = draft.receipt, draft.tender
    captured = (tender.amount, tender.currency_id) if tender else None
    redeemed = tuple((one.units, one.currency_id) for one in draft.redeemed)
    head = (purchase_id, receipt.external_id, draft.outlet.partner_id, draft.member_id, receipt.occurred_at)
    paid = (captured, False, redeemed)
    return Recorded(*head, receipt.currency, receipt.total, tuple(awards), *paid, discounts=draft.discounts)
