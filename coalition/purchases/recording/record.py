"""Recording purchases, many at a time: identify, write, evaluate, book the points, keep the awards with their reasons.

One purchase is a batch of one. Everything of a batch happens in the caller's transaction; a receipt that cannot be
recorded is refused alone and leaves nothing behind. What a purchase earns is issued by the legal entity of the rule's
funder, or of the outlet, and funded by it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from coalition import members
from coalition.kernel import clock, outbox
from coalition.kernel.db import session
from coalition.kernel.errors import Conflict, FieldError, Invalid, Refusal
from coalition.promotions import coupons
from coalition.purchases.counter import Counter, counter
from coalition.purchases.receipts import Receipt, Recorded, Refused
from coalition.purchases.recording.admitting import admitted
from coalition.purchases.recording.awarding import award
from coalition.purchases.recording.closing import close, quoted
from coalition.purchases.recording.queueing import queue
from coalition.purchases.recording.storing import Draft, Standing, Via, insert_many, insert_one, standing, waiting
from coalition.purchases.recording.tendering import pay, tendered
from coalition.purchases.recording.timeliness import shut, untimely

BATCH_MAX = 5_000


def record(
    partner_id: int,
    batch: Sequence[Receipt],
    *,
    registry_id: int | None = None,
    source_id: int | None = None,
    ending: bool = False,
) -> list[Recorded | Refused]:
    """Record a partner's purchases; the results stand in the batch's order. Without a source they came by the API.

    A purchase sent before comes back as it stands (`replayed`); the same external id with another content is refused
    as `external_id_conflict`. Locks members and their wallets (see `queueing`) until the transaction ends. At most
    5,000 receipts. `ending`: nothing else in the transaction reads what they earn, so that it may be written last.
    Raises RacingKey when somebody records the same purchase at the same moment: `transact` tries again.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"at most {BATCH_MAX} purchases in a batch, not {len(batch)}")
    at, via = counter(partner_id), Via(registry_id, source_id)
    results: dict[int, Recorded | Refused] = {}
    refused: list[tuple[int, Refusal]] = []
    now, plain = clock.now(), list[Draft]()
    paid: list[Draft] = []
    for drafted in admitted(at, drafts(at, batch)):
        if isinstance(drafted, Draft) and (refusal := _untimely(at, drafted, now)):
            refused.append((drafted.place, refusal))
        elif isinstance(drafted, Draft):
            (paid if drafted.receipt.spends or drafted.receipt.quote else plain).append(drafted)
        else:
            refused.append(drafted)
    queue(at, [*plain, *paid] if len(batch) > 1 else plain, alone=len(batch) == 1)
    for part in one_after_another(plain):
        results |= _record(at, part, via, ending)
    results |= _refuse(at, batch, refused)
    for draft in paid:
        results[draft.place] = _record_paid(at, draft, via)
    recorded = [results[place] for place in range(len(batch))]
    _announce(at, recorded)
    return recorded


def drafts(at: Counter, batch: Sequence[Receipt]) -> Iterable[Draft | tuple[int, Refusal]]:
    """What of a batch may be recorded, by outlet, currency and member; a refusal (place, why) for the rest."""
    outlets = at.outlets(receipt.outlet for receipt in batch)
    keys = (receipt.member for receipt in batch if receipt.member and receipt.waited_for is None)
    known = members.recognise(at.program.id, at.partner.id, keys)
    for place, receipt in enumerate(batch):
        outlet = outlets.get(receipt.outlet)
        member = receipt.waited_for or (known.get(receipt.member) if receipt.member else None)
        if outlet is None:
            yield place, _unknown("outlet", "/outlet", "The partner has no such outlet.")
        elif receipt.currency != at.program.currency:
            yield place, _unknown("currency", "/currency", f"This program sells in {at.program.currency}.")
        elif receipt.member and member is None:
            yield place, _unknown("member", "/member", "Nobody in this program has this identifier.")
        else:
            head = (place, receipt, at.program.id, outlet)
            if member is None:
                yield Draft(*head, None, receipt.points_paid)
            else:
                yield Draft(*head, member.member_id, receipt.points_paid, None, member.tier, member.perks)


def _untimely(at: Counter, draft: Draft, now: dt.datetime) -> Refusal | None:
    if draft.receipt.waited_for is not None:
        return None
    occurred_at = draft.receipt.occurred_at
    return untimely(at.program, occurred_at, now) or shut(draft.outlet, occurred_at)


def _refuse(
    at: Counter, batch: Sequence[Receipt], refused: Sequence[tuple[int, Refusal]]
) -> dict[int, Recorded | Refused]:
    """What is untimely, or of nobody who is known, is refused, unless it was recorded when that was otherwise."""
    known = standing(at.partner.id, [batch[place].external_id for place, _ in refused]) if refused else {}
    results: dict[int, Recorded | Refused] = {}
    for place, refusal in refused:
        receipt = batch[place]
        found = known.get(receipt.external_id)
        results[place] = as_it_stands(receipt, found) if found else Refused(receipt.external_id, refusal)
    return results


def _record(at: Counter, drafts: Sequence[Draft], via: Via, ending: bool = False) -> dict[int, Recorded | Refused]:
    if not drafts:
        return {}
    first = {draft.receipt.external_id: draft for draft in reversed(drafts)}
    if len(first) == 1:
        (draft,) = first.values()
        purchase_id = insert_one(draft, via)
        made = [] if purchase_id is None else [(purchase_id, draft)]
        known = {} if made else standing(at.partner.id, first)
    else:
        known = standing(at.partner.id, first)
        waits = waiting(at.partner.id, first)
        free = (one for name, one in first.items() if name not in known and _same(one, waits.get(name)))
        fresh = sorted(free, key=_in_time)
        made = list(zip(insert_many(fresh, via), fresh, strict=True)) if fresh else []
    pay(at, made)  # first, so that nobody pays with what this very purchase earns
    recorded = award(at, made, ending=ending)
    known |= {
        one.external_id: (draft.receipt.request_hash, one) for one, (_, draft) in zip(recorded, made, strict=True)
    }
    new = {draft.place for _, draft in made}
    return {draft.place: _told(draft, known.get(draft.receipt.external_id), new) for draft in drafts}


def _same(draft: Draft, awaited: bytes | None) -> bool:
    """Whether nothing else waits under a draft's external id."""
    return awaited is None or awaited == draft.receipt.request_hash


def _in_time(draft: Draft) -> tuple[dt.datetime, str]:
    """The order in which a batch is written and evaluated, the same wherever it is sent: who came first, gets first."""
    return draft.receipt.occurred_at, draft.receipt.external_id


def one_after_another(drafts: list[Draft]) -> Iterable[list[Draft]]:
    """A batch in parts, none of which has a coupon's code twice: what the first leaves of it, the next can use."""
    if not any(draft.receipt.coupons for draft in drafts):
        yield drafts
        return
    part, seen = list[Draft](), set[str]()
    for draft in sorted(drafts, key=_in_time):
        codes = {coupons.normal(code) for code in draft.receipt.coupons}
        if not seen.isdisjoint(codes):
            yield part
            part, seen = [], set()
        part.append(draft)
        seen |= codes
    yield part


def _told(draft: Draft, known: Standing | None, new: set[int]) -> Recorded | Refused:
    if known is None:
        detail = "This external id waits for its member with another content."
        return Refused(draft.receipt.external_id, Conflict("external_id_conflict", detail))
    return known[1] if draft.place in new else as_it_stands(draft.receipt, known)


def as_it_stands(receipt: Receipt, known: Standing) -> Recorded | Refused:
    """The answer to a receipt whose external id was used before: a replay, or a conflict."""
    request_hash, recorded = known
    if request_hash == receipt.request_hash:
        return replace(recorded, awards=(), replayed=True)
    return Refused(
        receipt.external_id, Conflict("external_id_conflict", "This external id was used before with another content.")
    )


def _record_paid(at: Counter, draft: Draft, via: Via) -> Recorded | Refused:
    """A purchase paid with points, or quoted: what refuses that refuses the purchase, and nothing of it stays."""
    external_id = draft.receipt.external_id
    known = standing(at.partner.id, [external_id])
    if known:
        return as_it_stands(draft.receipt, known[external_id])
    try:
        with session().begin_nested():
            draft = quoted(at, draft) if draft.receipt.quote else draft
            queue(at, [draft], alone=True)
            draft = tendered(at, draft) if draft.receipt.spends else draft
            recorded = _record(at, [draft], via)[draft.place]
            if isinstance(recorded, Refused):
                raise recorded.refusal
            if isinstance(recorded, Recorded) and not recorded.replayed:
                close(at, recorded.id, draft)
            return recorded
    except Refusal as refusal:
        if refusal.aftermath is not None:
            refusal.aftermath()  # a wrong proof counts, whether this batch is a till's purchase or a file
        known = standing(at.partner.id, [external_id])  # a twin that was quicker took the hold, or the proof
        return as_it_stands(draft.receipt, known[external_id]) if known else Refused(external_id, refusal)


def _announce(at: Counter, recorded: Sequence[Recorded | Refused]) -> None:
    """Tell, in one event a batch, which purchases are new."""
    new = [one.id for one in recorded if isinstance(one, Recorded) and not one.replayed]
    if new:
        payload = {"program_id": at.program.id, "partner_id": at.partner.id, "purchase_ids": new}
        outbox.publish("purchases.recorded", payload, key=f"partner:{at.partner.id}")


def _unknown(what: str, pointer: str, detail: str) -> Invalid:
    code = f"unknown_{what}"
    return Invalid(code, detail, [FieldError(pointer, code, detail)])
