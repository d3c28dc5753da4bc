"""A quote: the body of a purchase in, what it would earn, cost and lack out; nothing is posted.

Discounts come first; base rules earn on what is left, and promotions on that. Codes with one use left are kept for the
receipt until the quote ends. The answer names the ruleset by which a purchase with this `quote_id` is closed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from coalition import promotions
from coalition.kernel import audit, clock
from coalition.kernel.errors import TooMany
from coalition.promotions import coupons, granting
from coalition.promotions.coupons import Presented
from coalition.promotions.granting import Candidate, Seller
from coalition.purchases.counter import Counter, counter
from coalition.purchases.explaining.promoting import ExplainedPromotion, slip, told, told_near
from coalition.purchases.finding import Told, tell
from coalition.purchases.grants import Grant
from coalition.purchases.quoting.spending import Spendable, spendable
from coalition.purchases.receipts import Discount, GrantedAward, Receipt
from coalition.purchases.recording import promising
from coalition.purchases.recording.admitting import admitted
from coalition.purchases.recording.awarding import base_grants
from coalition.purchases.recording.closing import discounts_of
from coalition.purchases.recording.couponing import ask, opened
from coalition.purchases.recording.promoting import base_credits, granted, happening, knowing_effects
from coalition.purchases.recording.record import drafts
from coalition.purchases.recording.remembering import Asker, remembered
from coalition.purchases.recording.storing import Draft
from coalition.purchases.recording.timeliness import shut

TTL = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a purchase would come to. `near_misses`: promotions for which only an amount was missing, nearest first."""

    id: int
    expires_at: dt.datetime
    member_id: int | None
    total: int
    awards: tuple[Told, ...] = ()
    discounts: tuple[Discount, ...] = ()
    coupons: tuple[Presented, ...] = ()
    near_misses: tuple[ExplainedPromotion, ...] = ()
    spendable: tuple[Spendable, ...] = ()
    slip: tuple[str, ...] = ()


def quote(partner_id: int, receipt: Receipt, language: str = "en") -> Quote:
    """The quote of a partner's purchase; refused as the purchase would be. Keeps a row, and the last uses of codes."""
    at = counter(partner_id)
    (drafted,) = admitted(at, drafts(at, [receipt]))
    if not isinstance(drafted, Draft):
        raise drafted[1]
    if refusal := shut(drafted.outlet, receipt.occurred_at):
        raise refusal
    number, until = promising.next_id(), clock.now() + TTL
    head = Quote(number, until, drafted.member_id, receipt.total)
    ruleset = promotions.ruleset(at.program.id, receipt.occurred_at) if drafted.member_id and drafted.earns else None
    shown = _reserved(at, drafted, until) if receipt.coupons else ()
    found = (
        _by_rules(at, drafted, head, language)
        if ruleset is None
        else _asked(at, drafted, ruleset, shown, head, language)
    )
    kept = (at.partner.id, drafted.member_id, ruleset.id if ruleset else None, promising.content(receipt))
    promising.insert(at.program.id, promising.KeptQuote(number, until, *kept, found.discounts))
    left = receipt.total - sum(one.minor for one in found.discounts)
    pays = spendable(at, replace(drafted, discounts=found.discounts), left) if drafted.member_id else ()
    return replace(found, coupons=shown, spendable=pays)


def _reserved(at: Counter, draft: Draft, until: dt.datetime) -> tuple[Presented, ...]:
    """What the codes open, with their last uses kept. TooMany `too_many_guesses` for a client that guesses codes."""
    actor = audit.origin().actor
    if seconds := coupons.wait_s(actor):
        detail = "Too many codes that nobody knows came from this client; it has to wait."
        raise TooMany("too_many_guesses", detail, retry_after_s=seconds)
    shown = coupons.reserve(at.program.id, ask(at, draft.member_id, draft.receipt), until)
    coupons.note_misses(actor, (one.refusal for one in shown))
    return shown


def _by_rules(at: Counter, draft: Draft, head: Quote, language: str) -> Quote:
    base = base_grants(at, draft) if draft.member_id and draft.earns else []
    awards = _told(at, draft, base, language)
    return replace(head, awards=awards, slip=tuple(one.reason for one in awards))


def _asked(
    at: Counter,
    draft: Draft,
    ruleset: promotions.Ruleset,
    shown: tuple[Presented, ...],
    head: Quote,
    language: str,
) -> Quote:
    """First what comes off, then what base rules and promotions give on what is left."""
    what = happening(at, draft, draft.member_id or 0, opened(shown))
    own = remembered(granting.asked(ruleset), [Asker(what.member_id, what.occurred_at)])
    (event,) = granting.enriched(ruleset, [what], own, tz=at.program.zone)
    (first,) = granting.preview(ruleset, [Candidate(event, (), discounts=True)])
    discounts = discounts_of(ruleset, first.result.effects)
    draft = replace(draft, discounts=discounts)
    base = base_grants(at, draft)
    credits = base_credits(at, base, event)
    (one,) = granting.preview(ruleset, [Candidate(event, credits, discounts=True)])
    at = knowing_effects(at, one.result.effects)
    seller = Seller(at.program.id, at.partner.id, draft.outlet.legal_entity_id)
    earned = [*base, *granted(at, ruleset, one.result.effects, seller)]
    entries = granting.explained(ruleset, event, one.before, base=credits, discounts=True)
    near = granting.near_misses(ruleset, event, one.before, entries, base=credits)
    missed = told_near(at, ruleset, near, language)
    awards = _told(at, draft, earned, language)
    printed = [one.reason for one in awards[: len(base)]] + slip(told(at, ruleset, entries, language))
    return replace(head, awards=awards, discounts=discounts, near_misses=missed, slip=tuple(printed))


def _told(at: Counter, draft: Draft, grants: list[Grant], language: str) -> tuple[Told, ...]:
    now, found = clock.now(), []
    for no, grant in enumerate(grants, start=1):
        born = grant.born(at.policies, draft.receipt.occurred_at)
        lines = {str(line): units for line, units in grant.lines.items()}
        head = (no, grant.code, grant.version, grant.currency_id, grant.units, lines)
        dates = (max(now, born.active_at or now), born.expires_at)
        found.append(tell(at.partner.id, GrantedAward(*head, *dates, grant.reason_key, grant.reason_params), language))
    return tuple(found)
