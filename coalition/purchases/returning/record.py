"""Giving purchases back, many at a time: claw back what they earned, restore the points that paid, name the refund.

One return is a batch of one. A return that cannot be is refused alone and leaves nothing behind. Points that paid go
back first, so that what is clawed back may be taken out of them before anything is owed.

Locks: the purchases, in ascending order; every wallet concerned, in ascending order; then the counters of limits in the
order of their keys; all until the transaction ends. So of many returns of the same last unit exactly one is recorded,
and the others see it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from coalition import ledger
from coalition.kernel import clock, outbox
from coalition.kernel.db import raw
from coalition.kernel.errors import Conflict, NotFound, Refusal
from coalition.promotions import holdings
from coalition.purchases.counter import Counter, counter
from coalition.purchases.receipts import Refused
from coalition.purchases.recording.timeliness import early
from coalition.purchases.returning.bought import bought, lock
from coalition.purchases.returning.keeping import insert, insert_effects, insert_restores, known, read_back
from coalition.purchases.returning.lessening import parts_of_progress
from coalition.purchases.returning.planning import Plan, plan
from coalition.purchases.returning.reevaluating import takings
from coalition.purchases.returning.releasing import hold, release
from coalition.purchases.returning.undoing import Effect, claw_back, restore, wallets
from coalition.purchases.returns import Clawed, Restored, Return, Returned

T = TypeVar("T")
RETURNS_MAX = 5_000
_WHOLE = ("returned", "voided")
_BY_ID = "SELECT id FROM purchase WHERE partner_id = %s AND id = ANY(%s)"
_BY_EXTERNAL_ID = "SELECT external_id, id FROM purchase WHERE partner_id = %s AND external_id = ANY(%s)"
_OF_RETURNS = "SELECT external_id FROM purchase_return WHERE partner_id = %s AND external_id = ANY(%s)"


def record_returns(
    partner_id: int, batch: Sequence[Return], *, registry_id: int | None = None
) -> list[Returned | Refused]:
    """Record a partner's returns and voids; the results stand in the batch's order.

    One sent before comes back as it stands (`replayed`); the same external id with another content is refused as
    `external_id_conflict`. A purchase that the partner does not have is refused as `unknown_purchase`, one that is
    itself a return as `return_of_return`, what is still to happen as `in_the_future`; for the rest see
    `planning.plan`. At most 5,000. Raises RacingKey when somebody records
    the same return at the same moment: `transact` tries again.
    """
    if len(batch) > RETURNS_MAX:
        raise ValueError(f"at most {RETURNS_MAX} returns in a batch, not {len(batch)}")
    if not batch:
        return []
    at = counter(partner_id)
    named = _named(partner_id, batch)
    lock({number for number in named if isinstance(number, int)})
    decided = _decide(partner_id, batch, named)
    recorded = _record(at, list(decided.plans.values()), registry_id)
    kept = read_back(decided.known.values())
    results: dict[int, Returned | Refused] = decided.refused | recorded
    results |= {place: kept[number] for place, number in decided.known.items()}
    results |= {place: replace(recorded[twin], replayed=True) for place, twin in decided.twins.items()}
    return [results[place] for place in range(len(batch))]


def _named(partner_id: int, batch: Sequence[Return]) -> list[int | Refusal]:
    """The purchase that each return means, or why it means none."""
    numbers = [request.purchase_id for request in batch if request.purchase_id is not None]
    texts = [request.purchase_external_id for request in batch if request.purchase_external_id is not None]
    own = {number for (number,) in raw().execute(_BY_ID, (partner_id, numbers))} if numbers else set()
    by_text = dict(raw().execute(_BY_EXTERNAL_ID, (partner_id, texts)).fetchall()) if texts else {}
    lost = [text for text in texts if text not in by_text]
    returns = {text for (text,) in raw().execute(_OF_RETURNS, (partner_id, lost))} if lost else set()
    found: list[int | Refusal] = []
    for request in batch:
        text, number = request.purchase_external_id, request.purchase_id
        number = by_text.get(text) if text is not None else number if number in own else None
        found.append(number if number is not None else _unknown(text in returns))
    return found


def _unknown(is_return: bool) -> Refusal:
    if is_return:
        return Conflict("return_of_return", "This is a return; only a purchase can be given back.")
    return NotFound("unknown_purchase", "This partner has no such purchase.")


@dataclass(slots=True)
class _Decided:
    """What is decided without writing: refusals, returns known before (their numbers), twins, and plans, by place."""

    refused: dict[int, Refused] = field(default_factory=dict)
    known: dict[int, int] = field(default_factory=dict)
    twins: dict[int, int] = field(default_factory=dict)
    plans: dict[tuple[str, str], Plan] = field(default_factory=dict)


def _decide(partner_id: int, batch: Sequence[Return], named: Sequence[int | Refusal]) -> _Decided:
    before, now = known(partner_id, batch), clock.now()
    purchases = bought(number for number in named if isinstance(number, int))
    decided = _Decided()
    for place, (request, number) in enumerate(zip(batch, named, strict=True)):
        key = (request.kind, request.external_id)
        try:
            if isinstance(number, Refusal):
                raise number
            if key in before:
                _same(request, number, *before[key].content)
                decided.known[place] = before[key].id
            elif twin := decided.plans.get(key):
                _same(request, number, twin.bought.id, twin.request.request_hash)
                decided.twins[place] = twin.place
            elif refusal := early(request.occurred_at, now):
                raise refusal
            else:
                decided.plans[key] = plan(place, request, purchases[number])
        except Refusal as problem:
            decided.refused[place] = Refused(request.external_id, problem)
    return decided


def _same(request: Return, purchase_id: int, of: int, request_hash: bytes) -> None:
    if (purchase_id, request.request_hash) != (of, request_hash):
        raise Conflict("external_id_conflict", "This external id was used before with another content.")


def _record(at: Counter, plans: Sequence[Plan], registry_id: int | None) -> dict[int, Returned]:
    """Write planned returns and book what they do; the returns by place."""
    if not plans:
        return {}
    numbers = insert(at.partner.id, plans, registry_id)
    made = list(zip(numbers, plans, strict=True))
    known = takings(at, plans)
    ledger.lock(wallets(plans))
    standing = hold(known.evaluations.values())
    restored, clawed = restore(at, made), claw_back(at, made, known)
    insert_restores(restored)
    insert_effects(clawed)
    whole = [one.bought.id for one in plans if one.bought.state in _WHOLE]
    holdings.undo(whole, parts_of_progress(known, [one for one in made if one[1].bought.id not in whole]))
    release(made, known.evaluations, standing)
    payload = {"program_id": at.program.id, "partner_id": at.partner.id, "return_ids": numbers}
    outbox.publish("purchases.returned", payload, key=f"partner:{at.partner.id}")
    effects, tenders = _by_return(clawed), _by_return(restored)
    return {one.place: _returned(at, number, one, effects[number], tenders[number]) for number, one in made}


def _by_return(effects: Sequence[Effect[T]]) -> defaultdict[int, list[T]]:
    found: defaultdict[int, list[T]] = defaultdict(list)
    for effect in effects:
        found[effect.return_id].append(effect.what)
    return found


def _returned(at: Counter, number: int, one: Plan, clawed: Sequence[Clawed], restored: Sequence[Restored]) -> Returned:
    request, of = one.request, one.bought
    head = (number, request.kind, request.external_id, of.id, of.external_id, at.partner.id, of.member_id)
    return Returned(*head, request.occurred_at, one.refund, one.lines, tuple(clawed), tuple(restored))
