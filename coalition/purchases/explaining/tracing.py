"""Why points moved: the purchase, rule and lines behind an award, the purchase that points paid for, the return that
took points back or gave them back. For what no purchase explains, a sentence by kind of movement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalition.kernel.db import raw
from coalition.ledger import EntryKind, Movement, Operation
from coalition.purchases.counter import counter
from coalition.purchases.events.earning import event_reasons
from coalition.purchases.explaining.plainly import plainly
from coalition.purchases.explaining.purchase import say_clawed, say_paid, say_restored
from coalition.purchases.finding import tell
from coalition.purchases.receipts import GrantedAward
from coalition.purchases.returning.keeping import read_back

_KEYS = "JOIN unnest(%s::int[], %s::text[], %s::bigint[]) w(partner_id, external_id, entry_id)"
_OF_KEY = "w.partner_id = p.partner_id AND w.external_id = p.external_id"
_AWARDS = f"""
    SELECT a.entry_id, p.partner_id, p.id, p.external_id, a.no, coalesce(r.code, a.promotion),
           coalesce(r.version, a.promotion_version), a.currency_id, a.units, a.lines, a.available_at, a.expires_at,
           a.reason_key, a.reason_params
      FROM purchase p JOIN award a ON a.purchase_id = p.id LEFT JOIN base_rule r ON r.id = a.rule_id
      {_KEYS} ON {_OF_KEY} AND w.entry_id = a.entry_id"""
_TENDERS = f"""
    SELECT t.entry_id, p.partner_id, p.id, p.external_id, t.amount_minor, t.units, t.currency_id
      FROM purchase p JOIN purchase_tender t ON t.purchase_id = p.id
      {_KEYS} ON {_OF_KEY} AND w.entry_id = t.entry_id"""
_EFFECTS = """
    SELECT return_id, award_no, false, entry_ids FROM return_effect
     WHERE account_id = ANY(%(accounts)s) AND entry_ids && %(entries)s::bigint[]
     UNION ALL
    SELECT return_id, tender_no, true, entry_ids FROM return_restore
     WHERE account_id = ANY(%(accounts)s) AND entry_ids && %(entries)s::bigint[]"""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a movement was booked: a sentence, and what stands behind it where a purchase does."""

    reason: str
    purchase_id: int | None = None
    purchase: str | None = None
    return_id: int | None = None
    promotion: str | None = None
    version: int | None = None
    lines: Mapping[str, int] = field(default_factory=dict)


def whys(movements: Sequence[Movement], language: str = "en") -> dict[int, Why]:
    """Why each of these movements was booked, by journal row; `language` is en or ru. In a handful of statements."""
    found = {one.entry_id: Why(plainly(one, language)) for one in movements}
    bought = [one for one in movements if one.operation == Operation.PURCHASE]
    given_back = [one for one in movements if one.kind in (EntryKind.DEBIT, EntryKind.RESTORE, EntryKind.DEBT)]
    found.update(_earned([one for one in bought if one.amount > 0], language))
    found.update(_for_events([one for one in movements if one.operation == Operation.EVENT], language))
    found.update(_spent([one for one in bought if one.amount < 0], language))
    found.update(_returned([one for one in given_back if one.operation != Operation.PURCHASE], language))
    return found


def _earned(movements: Sequence[Movement], language: str) -> Iterator[tuple[int, Why]]:
    for entry_id, partner_id, purchase_id, purchase, *fields in _asked(_AWARDS, movements):
        award = GrantedAward(*fields)
        told = tell(partner_id, award, language)
        yield entry_id, Why(told.reason, purchase_id, purchase, None, told.promotion, award.version, told.lines)


def _spent(movements: Sequence[Movement], language: str) -> Iterator[tuple[int, Why]]:
    for entry_id, partner_id, purchase_id, purchase, amount, units, currency_id in _asked(_TENDERS, movements):
        sentence = say_paid(counter(partner_id), purchase, amount, units, currency_id, language)
        yield entry_id, Why(sentence, purchase_id, purchase)


def _for_events(movements: Sequence[Movement], language: str) -> Iterator[tuple[int, Why]]:
    keys = [(one.partner_id, one.external_id, one.entry_id) for one in movements]
    yield from ((entry_id, Why(reason)) for entry_id, reason in event_reasons(keys, language).items())


def _asked(sql: str, movements: Sequence[Movement]) -> Iterable[tuple[Any, ...]]:
    if not movements:
        return ()
    keys = [(one.partner_id, one.external_id, one.entry_id) for one in movements]
    return raw().execute(sql.encode(), tuple(map(list, zip(*keys, strict=True)))).fetchall()


def _returned(movements: Sequence[Movement], language: str) -> Iterator[tuple[int, Why]]:
    if not movements:
        return
    params = {"accounts": [one.account_id for one in movements], "entries": [one.entry_id for one in movements]}
    rows = raw().execute(_EFFECTS, params).fetchall()
    returns = read_back({return_id for return_id, *_ in rows})
    for return_id, no, restores, entry_ids in rows:
        of = returns[return_id]
        at = counter(of.partner_id)
        head = (of.purchase_id, of.purchase_external_id, return_id)
        if restores:
            back = next(one for one in of.restored if one.tender_no == no)
            why = Why(say_restored(at, of, back, language), *head, lines=back.lines)
        else:
            taken = next(one for one in of.clawed_back if one.award.no == no)
            rule = (taken.award.promotion, taken.award.version)
            why = Why(say_clawed(at, of, taken, language), *head, *rule, taken.lines)
        yield from ((entry_id, why) for entry_id in entry_ids)
