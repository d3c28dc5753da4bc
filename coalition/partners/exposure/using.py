"""Using a limit: what of some awards may be granted, and what comes back when points do, or money has come.

Takes from parts of the limit that nobody else holds, and waits for nobody; so an award can be declined while another
transaction, which may still fail, holds the last of it. Never is more granted than the limit has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from coalition.kernel.db import raw
from coalition.partners.exposure.limiting import Limit
from coalition.partners.exposure.spreading import move

_SPEND = "SELECT exposure_spend(%s, %s, %s::smallint, %s, %s::smallint[], %s, %s, %s)"
# What nearly every award needs, in one plain statement: a part that has enough, and the note of its use.
_SPEND_ONE = b"""
    WITH part AS (
      UPDATE exposure_part SET available = available - %s WHERE id = (
        SELECT p.id FROM exposure_part p
         WHERE p.legal_entity_id = %s AND p.available >= %s LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id)
    INSERT INTO exposure_use (partner_id, operation, external_id, no, legal_entity_id, units, amount, currency_id)
    SELECT %s, %s, %s, %s, %s, %s, %s, %s FROM part"""
_NOTE = """
    INSERT INTO exposure_use (partner_id, operation, external_id, no, legal_entity_id, units, declined, amount,
                              currency_id, promotion) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_GIVE_BACK = """
    SELECT exposure_free(u.legal_entity_id, %s, u.amount * %s / greatest(u.units, 1)) FROM exposure_use u
     WHERE u.partner_id = %s AND u.operation = %s AND u.external_id = %s AND u.no = %s AND u.amount > 0"""
_LOCK = b"SELECT deficit FROM exposure_limit WHERE legal_entity_id = %s FOR UPDATE"
_USE_AGAIN = b"INSERT INTO exposure_freeing (legal_entity_id, key, amount) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
_LACK = b"UPDATE exposure_limit SET deficit = %s WHERE legal_entity_id = %s"
_DECLINED = """
    SELECT DISTINCT ON (no) no, promotion, currency_id, declined FROM exposure_use
     WHERE partner_id = %s AND operation = %s AND external_id = %s AND declined > 0 ORDER BY no LIMIT 1000"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An award that asks for its funder's limit: `units` of a currency with `decimals`, under its business key.

    `share` is the part of them that this funder pays for.
    """

    legal_entity_id: int
    external_id: str
    no: int
    units: int
    currency_id: int
    decimals: int
    promotion: str
    share: Fraction = Fraction(1)

    @property
    def own(self) -> int:
        """The units that this funder pays for, rounded up."""
        return -(-self.units * self.share.numerator // self.share.denominator)


@dataclass(frozen=True, slots=True)
class Declined:
    """So many units of an award exceeded the limit of its funder and were not granted."""

    no: int
    promotion: str
    currency_id: int
    units: int


def admit(known: Mapping[int, Limit], partner_id: int, operation: int, wanted: Sequence[Wanted]) -> list[int]:
    """How many units of each award are granted, in order. What has no limit costs no statement.

    `known` are the limits of the program. The key (partner, operation, external id, no) must be new.
    """
    granted = [one.units for one in wanted]
    of: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(wanted):
        if one.legal_entity_id in known:
            of[one.legal_entity_id].append(place)
    for entity_id in sorted(of):
        limit, places = known[entity_id], of[entity_id]
        if not _spend(limit, partner_id, operation, [wanted[place] for place in places]):
            for place in places:
                granted[place] = _one(limit, partner_id, operation, wanted[place], alone=len(places) == 1)
    return granted


def admit_together(known: Mapping[int, Limit], partner_id: int, operation: int, wanted: Sequence[Wanted]) -> int:
    """How many units of one award, for which several pay, are granted: all of them, or none where one limit is too low.

    Each of `wanted` is a funder's part of it.
    """
    try:
        with raw().transaction():
            for one in sorted(wanted, key=lambda one: one.legal_entity_id):
                if not _spend(known[one.legal_entity_id], partner_id, operation, [one]):
                    raise _TooMuch
    except _TooMuch:
        for one in wanted:
            key = (partner_id, operation, one.external_id, one.no, one.legal_entity_id)
            raw().execute(_NOTE.encode(), (*key, 0, one.units, 0, one.currency_id, one.promotion))
        return 0
    return wanted[0].units


class _TooMuch(Exception):
    """A limit does not carry its part."""


def give_back(partner_id: int, operation: int, external_id: str, no: int, *, units: int, key: str) -> None:
    """Free what `units` of an award used, that were taken back; once for a key."""
    raw().execute(_GIVE_BACK.encode(), (key, units, partner_id, operation, external_id, no))


def free(entity_id: int, key: str, amount: int) -> bool:
    """Free an amount of a limit (millionths of money), once for a key: what was paid. Whether it was new."""
    row = raw().execute(b"SELECT exposure_free(%s, %s, %s)", (entity_id, key, amount)).fetchone()
    return bool(row and row[0])


def use_again(entity_id: int, key: str, amount: int) -> bool:
    """Take back what was freed (millionths of money), once for a key: money went back. Whether it was new.

    What the limit no longer has left it lacks, and lets nothing through until that is free again. Locks as `set_limit`.
    """
    row = raw().execute(_LOCK, (entity_id,)).fetchone()
    noted = raw().execute(_USE_AGAIN, (entity_id, key, -amount)).rowcount
    if row is None or not noted:
        return False
    raw().execute(_LACK, (move(entity_id, -amount - row[0]), entity_id))
    return True


def declined(partner_id: int, operation: int, external_id: str) -> list[Declined]:
    """What of the awards under a key was not granted."""
    rows = raw().execute(_DECLINED.encode(), (partner_id, operation, external_id)).fetchall()
    return [Declined(*row) for row in rows]


def _spend(limit: Limit, partner_id: int, operation: int, wanted: Sequence[Wanted]) -> bool:
    """Grant awards of one funder, all of them or none."""
    if len(wanted) == 1 and _spend_one(limit, partner_id, operation, wanted[0]):
        return True
    columns = (
        [one.external_id for one in wanted],
        [one.no for one in wanted],
        [one.units for one in wanted],
        [limit.amount(one.own, one.decimals) for one in wanted],
        [one.currency_id for one in wanted],
    )
    row = raw().execute(_SPEND.encode(), (limit.legal_entity_id, partner_id, operation, *columns)).fetchone()
    return bool(row and row[0])


def _spend_one(limit: Limit, partner_id: int, operation: int, one: Wanted) -> bool:
    """Grant an award out of one part; False, with nothing done, where no free part has enough of it alone."""
    entity_id, amount = limit.legal_entity_id, limit.amount(one.own, one.decimals)
    key = (partner_id, operation, one.external_id, one.no, entity_id)
    params = (amount, entity_id, amount, *key, one.units, amount, one.currency_id)
    return raw().execute(_SPEND_ONE, params).rowcount == 1


def _one(limit: Limit, partner_id: int, operation: int, wanted: Wanted, *, alone: bool) -> int:
    """Grant a single award, or what the policy lets through of it, and note what is declined."""
    if not alone and _spend(limit, partner_id, operation, [wanted]):
        return wanted.units
    units = amount = 0
    if limit.policy == "throttle":
        need = limit.amount(wanted.own, wanted.decimals)
        row = raw().execute(b"SELECT exposure_take(%s, %s, true)", (limit.legal_entity_id, need)).fetchone()
        taken = int(row[0]) if row else 0
        units = min(limit.units(taken, wanted.decimals), wanted.units)
        amount = taken
    key = (partner_id, operation, wanted.external_id, wanted.no, limit.legal_entity_id)
    why = (units, wanted.units - units, amount, wanted.currency_id, wanted.promotion)
    raw().execute(_NOTE.encode(), (*key, *why))
    return units
