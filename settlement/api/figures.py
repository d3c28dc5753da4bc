"""What `/metrics` tells of this floor: the points that were issued and redeemed, as the accruals have counted them."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric

from coalition.kernel.db import transact
from settlement import accruals

_LABELS = ("program", "currency")


def points() -> Iterator[Metric]:
    """Two counters, in whole points; a row for each program and currency that has any."""
    found = transact(accruals.counted)
    told = {
        "issue": CounterMetricFamily("coalition_points_issued", "Points that were issued", labels=_LABELS),
        "redeem": CounterMetricFamily("coalition_points_redeemed", "Points that were redeemed", labels=_LABELS),
    }
    for one in found:
        told[one.kind].add_metric((one.program, one.currency), one.points / 10**one.decimals)
    yield from told.values()
