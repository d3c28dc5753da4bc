"""The real products in the assortments of the year's shops; see `tests.benchmarks.real_products`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from coalition import partners
from coalition.kernel.db import transact
from tests.benchmarks import house
from tests.benchmarks.ground import ROOT

_CHUNK = 20_000


def stocked(shops: Sequence[house.Shop], folder: Path) -> list[list[str]]:
    """Describe every product to every shop, those of coupon campaigns in their groups; the products themselves."""
    file = folder / "products.json"
    command = [sys.executable, "-m", "tests.benchmarks.real_products", str(file)]
    subprocess.run(command, cwd=ROOT, check=True)
    with file.open(encoding="utf-8") as lines:
        products: list[list[str]] = [json.loads(line) for line in lines]
    groups: dict[str, list[str]] = defaultdict(list)
    for sku, _, _, group in products:
        if group:
            groups[group].append(sku)
    transact(lambda: _groups(shops[0].program_id, sorted(groups)))
    for shop in shops:
        for first in range(0, len(products), _CHUNK):
            described = [partners.Item(sku, path, brand) for sku, path, brand, _ in products[first : first + _CHUNK]]
            transact(lambda shop=shop, described=described: partners.classify(shop.partner_id, described))  # type: ignore[misc]
        for group, skus in sorted(groups.items()):
            transact(lambda shop=shop, group=group, skus=skus: partners.assign(shop.partner_id, group, skus))  # type: ignore[misc]
    return products


def _groups(program_id: int, codes: Sequence[str]) -> None:
    for code in codes:
        partners.add_group(program_id, code, name_en=code, name_ru=code)
