"""Making a batch's codes, part by part: each part is one COPY, and is there together with the count that says so.

A worker that dies has lost the part that it was in, and nothing else; whoever goes on begins where the count stands.
"""

from __future__ import annotations

from typing import NamedTuple

import psycopg

from coalition.kernel.copying import statement
from coalition.kernel.db import RacingKey, fetch_one, raw
from coalition.promotions.coupons import codes

PART = 50_000
_CLAIM = """
    WITH batch AS (SELECT id, made FROM coupon_batch WHERE id = :id AND state = 'making' FOR UPDATE)
    UPDATE coupon_batch c
       SET made = least(c.made + :part, c.wanted),
           state = CASE WHEN c.made + :part >= c.wanted THEN 'ready' ELSE c.state END
      FROM batch WHERE c.id = batch.id
    RETURNING c.program_id, c.prefix, c.length, c.uses_max, c.made, c.wanted, c.made - batch.made AS part"""
_TARGET = statement("coupon", "batch_id, program_id, uses_max, code")


class Made(NamedTuple):
    """How far a batch is."""

    made: int
    wanted: int


def make_part(batch_id: int, part: int = PART) -> Made | None:
    """Make the next codes of a batch, at most `part`; None if it wants no more (made, or cancelled).

    Locks the batch until the transaction ends. Raises RacingKey for a code that exists already: draw again.
    """
    row = fetch_one(_CLAIM, {"id": batch_id, "part": part})
    if row is None:
        return None
    head = f"{batch_id},{row.program_id},{row.uses_max},"
    try:
        with raw().cursor() as cursor, cursor.copy(_TARGET) as copy:
            copy.write(codes.written(row.part, row.length, row.prefix, head))
    except psycopg.errors.UniqueViolation as error:
        raise RacingKey from error
    return Made(row.made, row.wanted)
