"""Computing what every rule makes of every reward: set-based, and only what has changed.

One program is rebuilt by one transaction at a time (its row in `pricebook` is locked). A book that was computed has a
number that no other has, also not one that was rolled back, by which price books in processes know that they are old.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql

_LOCK = """
    INSERT INTO pricebook (program_id, version, base_version)
    VALUES (:program_id, nextval('pricebook_version'), 0)
    ON CONFLICT (program_id) DO UPDATE SET rebuilt_at = now()
    RETURNING nextval('pricebook_version') AS version"""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many rewards have another base or shelf, how many have become dearer, how many prices of rules changed."""

    rewards: int
    risen: int
    prices: int


def rebuild(program_id: int, rule_ids: Sequence[int] = ()) -> Rebuilt:
    """Compute anew: these rules on all rewards, and all rules on the rewards whose base has changed.

    Repeating it changes nothing. A base that rose is remembered, for those who look at what they wished for.
    """
    row = fetch_one(_LOCK, {"program_id": program_id})
    assert row is not None
    params = {"program_id": program_id, "version": row.version, "rules": list(rule_ids)}
    bases = fetch_one(load_sql(__file__, "rebase.sql"), params)
    assert bases is not None
    changed = fetch_all(load_sql(__file__, "reprice.sql"), params)
    if bases.rewards or changed:
        execute(
            "UPDATE pricebook SET version = :version, base_version = CASE WHEN :rewards > 0 THEN :version"
            " ELSE base_version END WHERE program_id = :program_id",
            {**params, "rewards": bases.rewards},
        )
        execute(
            "UPDATE price_rule SET book_version = :version WHERE id = ANY(:changed)",
            {**params, "changed": sorted(one.rule_id for one in changed)},
        )
    return Rebuilt(bases.rewards, bases.risen, sum(one.prices for one in changed))


def rebuild_stale(limit: int) -> int:
    """Rebuild programs with a base that has changed since, at most `limit`; how many there were. For a job."""
    rows = fetch_all(
        "SELECT DISTINCT v.program_id FROM reward_prices v LEFT JOIN price_base b ON b.reward_id = v.reward_id"
        " WHERE (v.on_sale AND (v.points, v.category_path, v.supplier_id)"
        " IS DISTINCT FROM (b.points, b.category_path, b.supplier_id)) OR (NOT v.on_sale AND b.reward_id IS NOT NULL)"
        " ORDER BY 1 LIMIT :limit",
        {"limit": limit},
    )
    for row in rows:
        rebuild(row.program_id)
    return len(rows)
