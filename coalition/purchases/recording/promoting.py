"""What the published promotions give for new purchases: enriched, evaluated within limits, and kept.

A late receipt goes by the ruleset that was in force when it was written. Where a program has published none, this costs
one look into a dictionary. Money comes off a purchase only through a quote.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from coalition import programs, promotions
from coalition.kernel import clock
from coalition.promotions import engine, granting
from coalition.promotions.engine.terms import MONEY
from coalition.promotions.granting import Candidate, Evaluated, Evaluation, Given, Happening, Seller
from coalition.purchases.counter import Counter
from coalition.purchases.grants import Grant, of_effect
from coalition.purchases.recording.closing import check_kept, discounts_of
from coalition.purchases.recording.remembering import Asker, remembered
from coalition.purchases.recording.storing import Draft

Made = tuple[int, Draft]
Booked = tuple[int, str, int | None, str]  # the purchase or event, the promotion and its effect, the currency's code
_BANK_LINE = 1  # what a bank tells of has one line, and the engine none


@dataclass(frozen=True, slots=True)
class Ask:
    """A purchase or another event by its number, the legal entity that sells there, whether money comes off it, and by
    which ruleset it goes (None: by that of its time).
    """

    id: int
    what: Happening
    seller_id: int
    discounts: bool = False
    ruleset_id: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A purchase or another event by its number, with what a ruleset made of it."""

    id: int
    member_id: int
    occurred_at: dt.datetime
    ruleset: promotions.Ruleset
    found: Evaluated


@dataclass(frozen=True, slots=True)
class Chain:
    """What an event follows from: the event that began it all (`root`), how many steps ago, and which promotions have
    fired on the way: each fires once for a root."""

    root: str
    depth: int
    fired: frozenset[str]


@dataclass(slots=True)
class Promoted:
    """What promotions give for a batch: points to be booked (`grants`, by purchase or event), and the rest."""

    at: Counter
    kind: str = granting.PURCHASE
    grants: dict[int, list[Grant]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    chain: Chain | None = None
    gone_on: granting.GoneOn = field(default_factory=dict)
    gave: dict[int, set[str]] = field(default_factory=dict)
    new: Sequence[int] = ()

    def coupons(self) -> dict[int, frozenset[str]]:
        """The coupons for which promotions have given something in the end, by purchase; known once it is settled."""
        found = {}
        for one in self.asked:
            gave = self.gave[one.id]
            found[one.id] = frozenset(of.coupon for of in one.ruleset.promotions if of.coupon and of.id in gave)
        return found

    def settle(self, units: Mapping[Booked, int]) -> list[Evaluation]:
        """Hand over what is neither points nor money; the evaluations to be kept, with what was granted in the end.

        `units`: the points that are really booked, by purchase (or event), promotion, effect and currency. What limits
        have been used for and the funders did not carry comes back to them.
        """
        kept, given = list[Evaluation](), list[Given]()
        for one in self.asked:
            effects = settled(one.found.result.effects, one.id, units)
            facts = granting.packed(one.found.event)
            head = (one.id, one.ruleset.program_id, one.ruleset.id, one.member_id)
            used = granting.give_up(one.ruleset, one.found, effects)
            kept.append(Evaluation(*head, facts, one.found.before, used, effects))
            self.gave[one.id] = granting.givers(effects)
            given += self._given(one, effects)
        granting.apply(given)
        return kept

    def _given(self, one: Asked, effects: Sequence[Mapping[str, Any]]) -> Iterator[Given]:
        versions, event_id = one.ruleset.versions, one.found.event["id"]
        for place, effect in enumerate(effects):
            if effect["kind"] not in granting.MONEY:
                yield Given(
                    program_id=one.ruleset.program_id,
                    partner_id=self.at.partner.id,
                    member_id=one.member_id,
                    source=self.kind,
                    source_id=one.id,
                    event_id=event_id,
                    occurred_at=one.occurred_at,
                    promotion=effect["promotion"],
                    version=versions[effect["promotion"]],
                    place=place,
                    kind=effect["kind"],
                    what=effect,
                    root=self.chain.root if self.chain else f"{one.ruleset.program_id}:{event_id}",
                    depth=self.chain.depth if self.chain else 0,
                    day=granting.day_of(one.ruleset, one.found.event),
                )


def promoted(
    at: Counter,
    made: Sequence[Made],
    base: Mapping[int, Sequence[Grant]],
    coupons: Mapping[int, Sequence[str]],
    products: granting.Products,
) -> Promoted | None:
    """What promotions give for new purchases, on top of the base credits (by purchase); None without any promotions.

    `coupons`: what the codes of each purchase open. `products`: those that base rules have asked for.

    Uses what limits have left. Locks counters.
    """
    if promotions.ruleset(at.program.id) is None:
        return None
    earning = [(number, draft) for number, draft in made if draft.member_id is not None and draft.earns]
    asks = [
        Ask(
            number,
            happening(at, draft, draft.member_id or 0, coupons.get(number, ())),
            draft.outlet.legal_entity_id,
            draft.quote is not None,
            draft.quote[1] if draft.quote else None,
        )
        for number, draft in earning
    ]
    found = promote(at, granting.PURCHASE, asks, base, products=products)
    given = {one.id: discounts_of(one.ruleset, one.found.result.effects) for one in found.asked}
    for number, draft in earning:
        if draft.quote is not None:
            check_kept(draft.discounts, given.get(number, ()))
    return found


def promote(
    at: Counter,
    kind: str,
    asks: Sequence[Ask],
    base: Mapping[int, Sequence[Grant]],
    chain: Chain | None = None,
    products: granting.Products | None = None,
) -> Promoted:
    """What promotions give for new purchases or events, each by the ruleset of its time."""
    batches: dict[int, tuple[promotions.Ruleset, list[Ask]]] = {}
    for ask in asks:
        ruleset = _ruleset(at, ask)
        if ruleset is not None:
            batches.setdefault(ruleset.id, (ruleset, []))[1].append(ask)
    found = Promoted(at, kind, chain=chain, new=[ask.id for ask in asks] if kind == granting.PURCHASE else ())
    for _, (ruleset, batch) in sorted(batches.items()):
        _promote(without(ruleset, chain.fired) if chain else ruleset, batch, base, found, products)
    return found


def ruleset_of(at: Counter, draft: Draft) -> promotions.Ruleset | None:
    """The ruleset that a purchase goes by: that of its quote, or of its time."""
    if draft.quote is not None and draft.quote[1] is not None:
        return promotions.kept_ruleset(draft.quote[1])
    return promotions.ruleset(at.program.id, draft.receipt.occurred_at)


def unearning(at: Counter, draft: Draft) -> int:
    """What of a purchase was paid by means on which the program's members earn nothing, in minor money."""
    ruleset = ruleset_of(at, draft) if draft.receipt.payments else None
    kinds = ruleset.program.get("earn_not") if ruleset is not None else None
    return engine.unearning(draft.receipt.payments, kinds) if kinds else 0


def _ruleset(at: Counter, ask: Ask) -> promotions.Ruleset | None:
    if ask.ruleset_id is not None:
        return promotions.kept_ruleset(ask.ruleset_id)
    return promotions.ruleset(at.program.id, ask.what.occurred_at)


def without(ruleset: promotions.Ruleset, fired: frozenset[str]) -> promotions.Ruleset:
    """A ruleset without these promotions."""
    left = tuple(one for one in ruleset.promotions if one.id not in fired)
    return (
        replace(ruleset, promotions=left, index=engine.Index(left)) if len(left) < len(ruleset.promotions) else ruleset
    )


def happening(at: Counter, draft: Draft, member_id: int, coupons: Sequence[str] = ()) -> Happening:
    """A purchase as promotions are asked about it; `coupons` are what its codes open."""
    receipt = draft.receipt
    return Happening(
        id=f"{at.partner.code}/{receipt.external_id}",
        type=granting.sort_of(receipt.payments),
        occurred_at=receipt.occurred_at,
        partner=at.partner,
        member_id=member_id,
        tier=draft.tier,
        outlet=draft.outlet,
        channel=receipt.channel,
        currency=receipt.currency,
        lines=receipt.lines,
        points_paid=draft.points_paid,
        payments=receipt.payments,
        coupons=coupons,
        late=receipt.waited_for is None and clock.now() - receipt.occurred_at > granting.LATE_AFTER,
    )


def base_credits(at: Counter, grants: Sequence[Grant], event: Mapping[str, Any]) -> list[tuple[str, dict[int, int]]]:
    """Base credits as the engine takes them: by currency, with the lines that brought them (0 where it has none)."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    whole = "lines" not in event["payload"]
    for grant in grants:
        lines = found[at.currencies[grant.currency_id].code]
        for no, units in ({0: grant.units} if whole else grant.lines).items():
            lines[no] = lines.get(no, 0) + units
    return list(found.items())


def granted(
    at: Counter, ruleset: promotions.Ruleset, effects: Sequence[Mapping[str, Any]], seller: Seller
) -> Iterator[Grant]:
    """The points among an event's effects, each with who pays for them."""
    by_id = {one.id: one for one in ruleset.promotions}
    for effect in effects:
        if effect["kind"] in MONEY:
            promotion = by_id[effect["promotion"]]
            legs = granting.legs_of(effect, ruleset.documents[promotion.id].get("sponsor"), seller)
            whole = None if effect.get("lines") else _BANK_LINE
            grant = of_effect(at.policies, promotion, effect, legs, whole)
            if grant is not None:
                yield grant


def knowing_effects(at: Counter, effects: Sequence[Mapping[str, Any]]) -> Counter:
    """The counter; read anew if it lacks a currency or an account of these effects: they can be a second younger."""
    currencies = {one.code for one in at.currencies.values()}
    accounts = {None, *(one.code for one in at.policies.promo_accounts.values())}
    credits = [one for one in effects if one["kind"] in MONEY]
    if all(one["currency"] in currencies and one.get("account") in accounts for one in credits):
        return at
    return replace(at, policies=programs.policies(at.program.id, fresh=True))


def settled(effects: Sequence[Mapping[str, Any]], of_id: int, units: Mapping[Booked, int]) -> list[dict[str, Any]]:
    """Effects as they were granted in the end; `declined` is what their funders' limits did not carry."""
    found = []
    for effect in effects:
        if effect["kind"] in MONEY:
            booked = units.get((of_id, effect["promotion"], effect["effect"], effect["currency"]), 0)
            beyond = 0 if effect.get("counts") else effect["units"] - booked
            found.append({**effect, "units": booked} | ({"declined": beyond} if beyond else {}))
        else:
            found.append(dict(effect))
    return found


def _promote(
    ruleset: promotions.Ruleset,
    batch: Sequence[Ask],
    base: Mapping[int, Sequence[Grant]],
    found: Promoted,
    products: granting.Products | None,
) -> None:
    at = found.at
    bought = found.kind == granting.PURCHASE
    askers = [Asker(ask.what.member_id, ask.what.occurred_at, ask.id if bought else None) for ask in batch]
    own = remembered(granting.asked(ruleset), askers, found.new)
    events = granting.enriched(ruleset, [ask.what for ask in batch], own, tz=at.program.zone, known=products)
    candidates = [
        Candidate(event, base_credits(at, base.get(ask.id, ()), event), discounts=ask.discounts)
        for event, ask in zip(events, batch, strict=True)
    ]
    evaluated = granting.evaluate(ruleset, candidates, found.gone_on)
    found.at = at = knowing_effects(at, [effect for one in evaluated for effect in one.result.effects])
    for ask, one in zip(batch, evaluated, strict=True):
        seller = Seller(at.program.id, at.partner.id, ask.seller_id)
        found.grants[ask.id] = list(granted(at, ruleset, one.result.effects, seller))
        found.asked.append(Asked(ask.id, ask.what.member_id, ask.what.occurred_at, ruleset, one))
