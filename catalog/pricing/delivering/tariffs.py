"""What delivery costs: a supplier's own options, or carriers' tariffs. No option, no delivery: never a free one.

A supplier that has services of carriers is priced by their tariffs; one that has none, by its flat options.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from catalog.pricing.delivering.carrying import Place, carried, from_prices
from catalog.pricing.lining import Budgets, delivered
from catalog.pricing.personal.applying import Applied
from catalog.pricing.types import DeliveryOption, QuotedLine
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import FieldError, Invalid

DELIVERY_KINDS = ("courier", "pickup", "electronic")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MOST_UNITS, _MOST_DAYS = 10**12, 365
_SELECT = """
    SELECT supplier_id, code, kind, points, cost_minor, days_min, days_max FROM delivery_option
     WHERE supplier_id = ANY(:suppliers) ORDER BY supplier_id, points, id LIMIT 1000"""


def offer_delivery(
    supplier_id: int, code: str, *, kind: str, points: int, cost_minor: int, days_min: int, days_max: int
) -> DeliveryOption:
    """Let a supplier deliver by a method; said again, it replaces what was said. Quotes keep what they froze.

    `cost_minor` is what the supplier takes for it. Raises Invalid.
    """
    option = DeliveryOption(supplier_id, code, kind, points, cost_minor, days_min, days_max)
    _check(option)
    execute(
        "INSERT INTO delivery_option (supplier_id, code, kind, points, cost_minor, days_min, days_max)"
        " VALUES (:supplier_id, :code, :kind, :points, :cost_minor, :days_min, :days_max)"
        " ON CONFLICT (supplier_id, code) DO UPDATE SET kind = excluded.kind, points = excluded.points,"
        " cost_minor = excluded.cost_minor, days_min = excluded.days_min, days_max = excluded.days_max",
        {name: getattr(option, name) for name in DeliveryOption.__slots__},
    )
    audit.record("delivery_option.set", f"supplier:{supplier_id}", code=code, points=points, cost_minor=cost_minor)
    return option


def _check(option: DeliveryOption) -> None:
    """Raise Invalid that points at every fact of an option that cannot be."""
    wrong = {
        "/code": not _CODE.fullmatch(option.code),
        "/kind": option.kind not in DELIVERY_KINDS,
        "/points": not 0 <= option.points <= _MOST_UNITS,
        "/cost_minor": not 0 <= option.cost_minor <= _MOST_UNITS,
        "/days_min": not 0 <= option.days_min <= option.days_max,
        "/days_max": not option.days_min <= option.days_max <= _MOST_DAYS,
    }
    problems = [FieldError(field, "invalid", "This cannot be.") for field, is_wrong in wrong.items() if is_wrong]
    if problems:
        raise Invalid("invalid", "Nothing is delivered like this.", problems)


def delivery_options(supplier_ids: Iterable[int]) -> dict[int, list[DeliveryOption]]:
    """The options of each of these suppliers, the cheapest first, which is the default; nothing personal in them.

    What a carrier's tariff prices is there at its lowest price: where to, and how heavy it is, nobody has said yet.
    """
    wanted = sorted(set(supplier_ids))
    found = _flat(wanted)
    for option in from_prices(wanted):
        found[option.supplier_id].append(option)
    return found


def choose(
    program_id: int,
    lines: Sequence[QuotedLine],
    method: str | None,
    place: Place,
    rules: Sequence[Applied],
    budgets: Budgets,
) -> tuple[DeliveryOption, ...]:
    """How each supplier's share of the lines is sent: what is carried by `method` (None: the supplier's default).

    What is electronic goes by e-mail whatever the method, free unless the supplier has a price for it. Without an
    address, a tariff is the dearest of its zones, so that the address makes nothing dearer. Raises Invalid
    `undeliverable` when a supplier offers nothing that fits, `unknown_pickup_point` for no such point.
    """
    offered = ways(program_id, lines, place)
    chosen = (_fitting(share, options, method) for share, options in sorted(offered.items()))
    return tuple(delivered(option, rules, budgets) for option in chosen)


def ways(program_id: int, lines: Sequence[QuotedLine], place: Place) -> dict[tuple[int, bool], list[DeliveryOption]]:
    """Every way in which each share of the lines (supplier, electronic or not) can be sent, the cheapest first."""
    shares: dict[tuple[int, bool], list[QuotedLine]] = {}
    for line in lines:
        shares.setdefault((line.supplier_id, line.electronic), []).append(line)
    flat = _flat(sorted({supplier_id for supplier_id, _ in shares}))
    found = {}
    for (supplier_id, electronic), share in shares.items():
        by_tariff = None if electronic else carried(program_id, supplier_id, share, place)
        own = [option for option in flat[supplier_id] if option.electronic == electronic]
        found[supplier_id, electronic] = own if by_tariff is None else by_tariff
    return found


def _flat(supplier_ids: Sequence[int]) -> dict[int, list[DeliveryOption]]:
    found: dict[int, list[DeliveryOption]] = {supplier_id: [] for supplier_id in supplier_ids}
    for row in fetch_all(_SELECT, {"suppliers": list(supplier_ids)}):
        found[row.supplier_id].append(DeliveryOption(*row))
    return found


def _fitting(share: tuple[int, bool], offered: Iterable[DeliveryOption], method: str | None) -> DeliveryOption:
    supplier_id, electronic = share
    for option in offered:
        if electronic or method in (None, option.code):
            return option
    if electronic:
        return DeliveryOption(supplier_id, "email", "electronic", 0, 0, 0, 0)
    problem = FieldError("/delivery/method", "undeliverable", "The supplier does not deliver in this way.")
    raise Invalid("undeliverable", "Not everything can be delivered this way.", [problem])
