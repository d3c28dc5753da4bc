"""What new purchases earn: evaluated, booked in one batch of the ledger, and kept with the reason of each award."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from coalition import ledger, members, programs, promotions
from coalition.kernel import clock
from coalition.ledger import AccountKind, Credit, Operation
from coalition.purchases.counter import Counter, knowing
from coalition.purchases.limiting import Claim, within
from coalition.purchases.receipts import GrantedAward, Recorded
from coalition.purchases.recording.storing import BookedAward, Draft, insert_awards

Made = tuple[int, Draft]


class _Earned(NamedTuple):
    """An award of a purchase; `payer_id` is the legal entity that issues and funds its points."""

    purchase_id: int
    draft: Draft
    member_id: int
    no: int
    award: promotions.Award
    payer_id: int


def award(at: Counter, made: Sequence[Made]) -> list[Recorded]:
    """Evaluate new purchases (id, draft) and book what they earn; the purchases with their awards, in order."""
    earned = list(_evaluate(at, made))
    at = knowing(at, [one.award.rule for one in earned])
    earned = _within_limits(at, earned)
    credits = _credits(at, earned)
    granted: dict[int, list[GrantedAward]] = defaultdict(list)
    booked = []
    climbing: dict[int, int] = {}
    usable_from = clock.now()
    for one, credit, posted in zip(earned, credits, ledger.post(credits) if credits else (), strict=True):
        if posted.entry_id is None or posted.replayed:
            raise RuntimeError(f"the ledger knows purchase {one.purchase_id}, which was not recorded: {posted}")
        grant = _grant(one, max(usable_from, credit.active_at or usable_from), credit.expires_at)
        granted[one.purchase_id].append(grant)
        booked.append(BookedAward(one.purchase_id, credit.account_id, posted.entry_id, one.award.rule.id, grant))
        if at.currencies[credit.currency_id].kind == "tier":
            climbing[one.member_id] = posted.undrawn
    insert_awards(booked)
    if climbing:
        members.qualify(at.program.id, climbing)
    return [_recorded(purchase_id, draft, granted[purchase_id]) for purchase_id, draft in made]


def _evaluate(at: Counter, made: Sequence[Made]) -> Iterator[_Earned]:
    rules = promotions.in_force(at.partner.id)
    earners = _Earners(at)
    for purchase_id, draft in made:
        if draft.member_id is not None and draft.earns:
            earner = earners.of(draft)
            awards = promotions.evaluate(draft.receipt, rules, points_paid=draft.points_paid, earner=earner)
            for no, found in enumerate(awards, start=1):
                payer_id = found.rule.funder_id or draft.outlet.legal_entity_id
                yield _Earned(purchase_id, draft, draft.member_id, no, found, payer_id)


def _within_limits(at: Counter, earned: list[_Earned]) -> list[_Earned]:
    """What the funders' limits carry; what they do not is noted (`exposure.declined`)."""
    if not at.limits:
        return earned
    claims = [Claim(one.payer_id, one.draft.receipt.external_id, one.no, one.award) for one in earned]
    awards = within(at, Operation.PURCHASE, claims)
    return [one._replace(award=award) for one, award in zip(earned, awards, strict=True) if award]


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
    pairs = {(one.award.rule.currency_id, one.payer_id) for one in earned}
    funding = {payer: ledger.funding([(payer, 1)]) for payer in sorted({payer for _, payer in pairs})}
    contra = {pair: ledger.account(program_id, pair[0], AccountKind.ISSUANCE, pair[1]) for pair in sorted(pairs)}
    owners: dict[int, set[int]] = defaultdict(set)
    for one in earned:
        owners[one.award.rule.currency_id].add(one.member_id)
    wallets = {of: ledger.accounts(program_id, of, AccountKind.WALLET, who) for of, who in owners.items()}
    credits = []
    for one in earned:
        receipt, currency_id, promo_id = one.draft.receipt, one.award.rule.currency_id, one.award.rule.promo_account_id
        promo = at.policies.promo_accounts[promo_id] if promo_id else None
        born = programs.birth(at.currencies[currency_id], receipt.occurred_at, at.program.zone, promo=promo)
        credits.append(
            Credit(
                account_id=wallets[currency_id][one.member_id],
                contra_id=contra[currency_id, one.payer_id],
                amount=one.award.units,
                occurred_at=receipt.occurred_at,
                program_id=program_id,
                partner_id=at.partner.id,
                currency_id=currency_id,
                operation=Operation.PURCHASE,
                external_id=receipt.external_id,
                no=one.no,
                request_hash=receipt.request_hash,
                funding_id=funding[one.payer_id],
                active_at=born.active_at,
                expires_at=born.expires_at,
                restriction_id=promo_id,
                idle_at=born.idle_at,
            )
        )
    return credits


def _grant(one: _Earned, available_at: dt.datetime, expires_at: dt.datetime | None) -> GrantedAward:
    rule, found = one.award.rule, one.award
    lines = {str(no): units for no, units in found.lines.items()}
    head = (one.no, rule.code, rule.version, rule.currency_id, found.units, lines, available_at, expires_at)
    return GrantedAward(*head, found.reason.key, found.reason.params)


def _recorded(purchase_id: int, draft: Draft, awards: list[GrantedAward]) -> Recorded:
    receipt, tender = draft.receipt, draft.tender
    captured = (tender.amount, tender.currency_id) if tender else None
    redeemed = tuple((one.units, one.currency_id) for one in draft.redeemed)
    head = (purchase_id, receipt.external_id, draft.outlet.partner_id, draft.member_id, receipt.occurred_at)
    return Recorded(*head, receipt.currency, receipt.total, tuple(awards), captured, redeemed=redeemed)
