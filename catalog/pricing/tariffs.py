"""What delivery costs: each supplier's own options. No option, no delivery: never a free one by accident.

Thin on purpose: one price an option. Zones, weights and dates come with the tariff tables of the catalog's issue.
"""

from __future__ import annotations

from collections.abc import Iterable

from catalog.pricing.types import DeliveryOption, QuotedLine
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import FieldError, Invalid

_SELECT = """
    SELECT supplier_id, code, kind, points, cost_minor, days_min, days_max FROM delivery_option
     WHERE supplier_id = ANY(:suppliers) ORDER BY supplier_id, points, id LIMIT 1000"""


def offer_delivery(
    supplier_id: int, code: str, *, kind: str, points: int, cost_minor: int, days_min: int, days_max: int
) -> DeliveryOption:
    """Let a supplier deliver by a method; said again, it replaces what was said. Quotes keep what they froze."""
    option = DeliveryOption(supplier_id, code, kind, points, cost_minor, days_min, days_max)
    execute(
        "INSERT INTO delivery_option (supplier_id, code, kind, points, cost_minor, days_min, days_max)"
        " VALUES (:supplier_id, :code, :kind, :points, :cost_minor, :days_min, :days_max)"
        " ON CONFLICT (supplier_id, code) DO UPDATE SET kind = excluded.kind, points = excluded.points,"
        " cost_minor = excluded.cost_minor, days_min = excluded.days_min, days_max = excluded.days_max",
        {name: getattr(option, name) for name in DeliveryOption.__slots__},
    )
    return option


def delivery_options(supplier_ids: Iterable[int]) -> dict[int, list[DeliveryOption]]:
    """The options of each of these suppliers, the cheapest first, which is the default."""
    wanted = sorted(set(supplier_ids))
    found: dict[int, list[DeliveryOption]] = {supplier_id: [] for supplier_id in wanted}
    for row in fetch_all(_SELECT, {"suppliers": wanted}):
        found[row.supplier_id].append(DeliveryOption(*row))
    return found


def choose(lines: Iterable[QuotedLine], method: str | None) -> tuple[DeliveryOption, ...]:
    """How each supplier's share of the lines is sent: what is carried by `method` (None: the supplier's default).

    What is electronic goes by e-mail whatever the method, free unless the supplier has a price for it. Raises Invalid
    `undeliverable` when a supplier offers nothing that fits.
    """
    shares = sorted({(line.supplier_id, line.electronic) for line in lines})
    offered = delivery_options(supplier_id for supplier_id, _ in shares)
    return tuple(_fitting(supplier_id, electronic, offered[supplier_id], method) for supplier_id, electronic in shares)


def _fitting(
    supplier_id: int, electronic: bool, offered: Iterable[DeliveryOption], method: str | None
) -> DeliveryOption:
    for option in offered:
        if option.electronic == electronic and (electronic or method in (None, option.code)):
            return option
    if electronic:
        return DeliveryOption(supplier_id, "email", "electronic", 0, 0, 0, 0)
    problem = FieldError("/delivery/method", "undeliverable", "The supplier does not deliver in this way.")
    raise Invalid("undeliverable", "Not everything can be delivered this way.", [problem])
