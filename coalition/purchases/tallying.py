"""What the lines of a registry brought, currency by currency, whether at once or when their members had come."""

from __future__ import annotations

from collections.abc import Mapping

from coalition.kernel.db import raw

_ADD = """
    INSERT INTO registry_issued AS i (registry_id, currency_id, units) SELECT %s, * FROM unnest(%s::int[], %s::bigint[])
        ON CONFLICT (registry_id, currency_id) DO UPDATE SET units = i.units + excluded.units"""


def add_issued(registry_id: int, issued: Mapping[int, int]) -> None:
    """Add what lines of a registry brought: units by the id of their currency. Goes with its `points_issued`."""
    found = {currency_id: units for currency_id, units in sorted(issued.items()) if units}
    if found:
        raw().execute(_ADD, (registry_id, list(found), list(found.values())))
