"""Counting: the points that were issued and redeemed, a row for each program, currency and kind, for monitoring.

An accrual run adds what it has just laid out, in one statement and under the program's watermark. So nobody sums up the
journal to answer a scrape, and no purchase pays for it; the figures are as late as the run, a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import execute, fetch_all

_MOST = 10_000
_COUNT = """
    INSERT INTO counted_points AS a (program_id, currency_id, kind, points)
    SELECT :program, currency_id, kind, sum(points) FROM fresh_movement
     WHERE kind IN ('issue', 'redeem') AND points > 0 GROUP BY currency_id, kind
        ON CONFLICT (program_id, currency_id, kind) DO UPDATE SET points = a.points + excluded.points"""
_TOLD = """
    SELECT p.code AS program, c.code AS currency, c.decimals, a.kind, a.points
      FROM counted_points a JOIN program p ON p.id = a.program_id JOIN currency c ON c.id = a.currency_id
     ORDER BY p.code, c.code, a.kind LIMIT :most"""


@dataclass(frozen=True, slots=True)
class Counted:
    """The points of a kind (`issue`, `redeem`) since the program began, in minor units; what came back stays in."""

    program: str
    currency: str
    decimals: int
    kind: str
    points: int


def count(params: dict[str, Any]) -> None:
    """Add the movements that are laid out in `fresh_movement`. The caller holds the program's watermark."""
    execute(_COUNT, params)


def counted() -> list[Counted]:
    """What was counted, at most 10,000 rows."""
    return [Counted(**row._mapping) for row in fetch_all(_TOLD, {"most": _MOST})]
