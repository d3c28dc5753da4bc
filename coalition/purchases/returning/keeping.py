"""Writing and reading returns: their rows are added once and never changed.

A return's key is (partner, return or void, external id). The schema lets no two returns begin at the same stretch of a
line, whatever happens above it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg

from coalition.kernel import audit
from coalition.kernel.db import RacingKey, raw
from coalition.kernel.errors import NotFound
from coalition.purchases.receipts import GrantedAward
from coalition.purchases.recording.storing import copy_rows
from coalition.purchases.returning.planning import Plan
from coalition.purchases.returning.undoing import Effect
from coalition.purchases.returns import Clawed, GivenLine, Restored, Return, Returned

_RETURNS = "id, occurred_at, purchase_id, kind, refund_minor, partner_id, registry_id, external_id, request_hash"
_LINES = "return_id, no, purchase_id, parts, parts_before, parts_sold, refund_minor"
_EFFECTS = "return_id, award_no, purchase_id, account_id, units, own, others, owed, waived, lines, entry_ids"
_RESTORES = "return_id, tender_no, purchase_id, account_id, units, currency_id, lines, entry_ids"
_KNOWN = """
    SELECT kind, external_id, id, purchase_id, request_hash FROM purchase_return
     WHERE partner_id = %s AND external_id = ANY(%s)"""
_READ = """
    SELECT r.id, r.kind, r.external_id, p.id, p.external_id, p.partner_id, p.member_id, r.occurred_at, r.refund_minor
      FROM purchase_return r JOIN purchase p ON p.id = r.purchase_id"""
_READ_LINES = """
    SELECT r.return_id, r.no, CASE WHEN l.qty_m > 0 THEN r.parts END, r.refund_minor FROM return_line r
      JOIN purchase_line l USING (purchase_id, no) WHERE r.return_id = ANY(%s) ORDER BY r.return_id, r.no"""
_READ_EFFECTS = """
    SELECT x.return_id, x.units, x.own, x.others, x.owed, x.waived, x.lines, a.no, coalesce(r.code, a.promotion),
           coalesce(r.version, a.promotion_version), a.currency_id, a.units, a.lines, a.available_at, a.expires_at,
           a.reason_key, a.reason_params
      FROM return_effect x JOIN award a ON a.purchase_id = x.purchase_id AND a.no = x.award_no
      LEFT JOIN base_rule r ON r.id = a.rule_id WHERE x.return_id = ANY(%s) ORDER BY x.return_id, x.award_no"""
_READ_RESTORES = """
    SELECT return_id, tender_no, units, currency_id, lines FROM return_restore WHERE return_id = ANY(%s)
     ORDER BY return_id, tender_no"""

Key = tuple[str, str]


class Known(NamedTuple):
    """A return that stands under a key: its number, and its purchase and request hash."""

    id: int
    content: tuple[int, bytes]


def known(partner_id: int, requests: Iterable[Return]) -> dict[Key, Known]:
    """What was recorded under these keys already: number, purchase and request hash by (kind, external id)."""
    rows = raw().execute(_KNOWN, (partner_id, [request.external_id for request in requests]))
    return {(kind, external_id): Known(number, (of, bytes(digest))) for kind, external_id, number, of, digest in rows}


def insert(partner_id: int, plans: Sequence[Plan], registry_id: int | None) -> list[int]:
    """Write planned returns with their lines; their numbers. RacingKey if a key was taken meanwhile."""
    drawn = raw().execute("SELECT nextval('purchase_return_id') FROM generate_series(1, %s)", (len(plans),)).fetchall()
    numbers, origin = [number for (number,) in drawn], audit.origin()
    heads, lines = [], []
    for number, plan in zip(numbers, plans, strict=True):
        request, of = plan.request, plan.bought.id
        head = (number, request.occurred_at, of, request.kind, plan.refund, partner_id, registry_id)
        heads.append((*head, request.external_id, request.request_hash, origin.actor, origin.request_id))
        for cut, line in zip(plan.stretches, plan.lines, strict=True):
            lines.append((number, cut.no, of, cut.parts, cut.before, cut.sold, line.refund))
    try:
        copy_rows("purchase_return", f"{_RETURNS}, actor, request_id", heads)
        copy_rows("return_line", _LINES, lines)
    except psycopg.errors.UniqueViolation as error:
        raise RacingKey from error
    return numbers


def insert_effects(effects: Sequence[Effect[Clawed]]) -> None:
    """Write what returns took back."""
    rows = []
    for effect in effects:
        one = effect.what
        parts = (one.units, one.own, one.others, one.owed, one.waived)
        rows.append((effect.return_id, one.award.no, *_of(effect), *parts, _json(one.lines), list(effect.entry_ids)))
    if rows:
        copy_rows("return_effect", _EFFECTS, rows)


def insert_restores(effects: Sequence[Effect[Restored]]) -> None:
    """Write what returns gave back."""
    rows = []
    for effect in effects:
        one = effect.what
        amount = (one.units, one.currency_id, _json(one.lines))
        rows.append((effect.return_id, one.tender_no, *_of(effect), *amount, list(effect.entry_ids)))
    if rows:
        copy_rows("return_restore", _RESTORES, rows)


def find_return(partner_id: int, return_id: int) -> Returned:
    """A partner's return with all that it did. Raises NotFound, also for another partner's."""
    found = read_back([return_id]).get(return_id)
    if found is None or found.partner_id != partner_id:
        raise NotFound()
    return found


def read_back(return_ids: Iterable[int]) -> dict[int, Returned]:
    """Returns by their numbers, with all that they did; numbers of none are left out."""
    ids = list(return_ids)
    rows = raw().execute(f"{_READ} WHERE r.id = ANY(%s)".encode(), (ids,)).fetchall() if ids else []
    return {one.id: one for one in _filled(rows)}


def returns_of(purchase_id: int) -> list[Returned]:
    """The returns of a purchase with all that they did, oldest first; at most 1,000."""
    sql = f"{_READ} WHERE r.purchase_id = %s ORDER BY r.id LIMIT 1000"
    return _filled(raw().execute(sql.encode(), (purchase_id,)).fetchall())


def _filled(rows: Sequence[tuple[Any, ...]]) -> list[Returned]:
    ids = [row[0] for row in rows]
    if not ids:
        return []
    lines: Mapping[int, list[GivenLine]] = defaultdict(list)
    clawed: Mapping[int, list[Clawed]] = defaultdict(list)
    restored: Mapping[int, list[Restored]] = defaultdict(list)
    for return_id, *line in raw().execute(_READ_LINES, (ids,)):
        lines[return_id].append(GivenLine(*line))
    for return_id, units, own, others, owed, waived, split, *award in raw().execute(_READ_EFFECTS, (ids,)):
        clawed[return_id].append(Clawed(GrantedAward(*award), units, own, others, owed, waived, split))
    for return_id, *restore in raw().execute(_READ_RESTORES, (ids,)):
        restored[return_id].append(Restored(*restore))
    return [
        Returned(*(*row, tuple(lines[row[0]]), tuple(clawed[row[0]]), tuple(restored[row[0]]), True)) for row in rows
    ]


def _of(effect: Effect[Any]) -> tuple[int, int]:
    return effect.purchase_id, effect.account_id


def _json(lines: Mapping[str, int]) -> str:
    return json.dumps(dict(lines))
