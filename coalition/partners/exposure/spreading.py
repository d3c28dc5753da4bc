"""Spreading what is left of a limit evenly over its parts, so that no purchase finds one part full, the rest empty."""

from __future__ import annotations

from coalition.kernel.db import execute, fetch_one

PARTS = 64
_FREE_PARTS = "SELECT id, available FROM exposure_part WHERE legal_entity_id = :entity ORDER BY id FOR UPDATE"
_EVEN_OUT = f"""
    WITH free AS MATERIALIZED ({_FREE_PARTS} SKIP LOCKED),
    shares AS (
      SELECT id, div(sum(available) OVER (), count(*) OVER ())::bigint
                 + (row_number() OVER (ORDER BY id) <= mod(sum(available) OVER (), count(*) OVER ()))::int AS share
        FROM free)
    UPDATE exposure_part p SET available = s.share FROM shares s WHERE p.id = s.id AND p.available <> s.share"""


def spread(entity_id: int) -> int:
    """Even out the parts of an entity that nobody holds now; how many have changed."""
    return execute(_EVEN_OUT, {"entity": entity_id})


def lay_out(entity_id: int) -> None:
    """Give an entity its parts, empty ones."""
    execute(
        "INSERT INTO exposure_part (legal_entity_id, available) SELECT :entity, 0 FROM generate_series(1, :parts)",
        {"entity": entity_id, "parts": PARTS},
    )


def move(entity_id: int, amount: int) -> int:
    """Add to the parts of an entity together, or take from them; what they lacked. Waits for whoever holds one.

    What is freed meanwhile makes a part of its own, since all are held here; it is not touched.
    """
    row = fetch_one(
        f"SELECT sum(available)::bigint AS total, min(id) AS first, array_agg(id) AS parts FROM ({_FREE_PARTS}) held",
        {"entity": entity_id},
    )
    assert row is not None
    left = max(row.total + amount, 0)
    execute(
        "UPDATE exposure_part SET available = CASE WHEN id = :first THEN :left ELSE 0 END WHERE id = ANY(:parts)",
        {"first": row.first, "left": left, "parts": row.parts},
    )
    spread(entity_id)
    return int(max(-(row.total + amount), 0))
