"""Counters of a member who was merged into another: what the one has used of its limits, the other has used now.

Keys of kept evaluations and releases stay as they were written; whoever sums them up reads them as the survivor's
(`laws`), and a return finds where its purchase's use stands today (`today`).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from coalition.kernel.db import raw
from coalition.members import survivor

_MEMBER = re.compile(r"/member:([0-9]+)/")
_THEIRS = """
    SELECT program_id, key, replace(key, %s, %s) FROM limit_counter
     WHERE substring(key from '/member:([0-9]+)/') = %s ORDER BY program_id, key"""
_HOLD = "SELECT FROM limit_counter WHERE program_id = %s AND key = ANY(%s) ORDER BY key FOR UPDATE"
_TAKE = """
    INSERT INTO limit_counter AS c (program_id, key, used, most)
    SELECT k.program_id, x.new, k.used, k.most FROM unnest(%s::text[], %s::text[]) x(old, new)
      JOIN limit_counter k ON k.program_id = %s AND k.key = x.old ORDER BY x.new
    ON CONFLICT (program_id, key) DO UPDATE
       SET used = c.used + excluded.used,
           most = CASE WHEN c.most IS NOT NULL THEN greatest(c.most, c.used + excluded.used) END"""
_TAKE_DAYS = """
    INSERT INTO limit_day AS d (program_id, key, day, used)
    SELECT k.program_id, x.new, k.day, k.used FROM unnest(%s::text[], %s::text[]) x(old, new)
      JOIN limit_day k ON k.program_id = %s AND k.key = x.old ORDER BY x.new, k.day
    ON CONFLICT (program_id, key, day) DO UPDATE SET used = d.used + excluded.used"""
_FORGET = "DELETE FROM limit_counter WHERE program_id = %s AND key = ANY(%s)"
_FORGET_DAYS = "DELETE FROM limit_day WHERE program_id = %s AND key = ANY(%s)"


def follow(from_id: int, into_id: int) -> int:
    """Let what one member has used of limits count as the other's; how many counters. Again changes nothing.

    Where both together have used more than a limit allows, nothing is left of it. Locks the counters of both.
    """
    names = (f"/member:{from_id}/", f"/member:{into_id}/")
    rows = raw().execute(_THEIRS, (*names, str(from_id))).fetchall()
    for program_id in sorted({row[0] for row in rows}):
        pairs = [(old, new) for of, old, new in rows if of == program_id]
        olds, news = [old for old, _ in pairs], [new for _, new in pairs]
        raw().execute(_HOLD, (program_id, sorted([*olds, *news])))
        for take in (_TAKE, _TAKE_DAYS):
            raw().execute(take.encode(), (olds, news, program_id))
        for forget in (_FORGET, _FORGET_DAYS):
            raw().execute(forget, (program_id, olds))
    return len(rows)


def today(keys: Collection[str], held: Collection[str]) -> dict[str, str]:
    """Where the use of each counter stands: those that are `held` as they are, others with the survivor."""
    found = {}
    for key in keys:
        whose = None if key in held else _MEMBER.search(key)
        found[key] = key if whose is None else key.replace(whose[0], f"/member:{survivor(int(whose[1]))}/")
    return found
