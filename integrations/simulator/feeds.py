"""A supplier's YML file, as a shop's back office would write it: with a DOCTYPE, a few loose ends and, now, a count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from integrations.simulator.assortment import Product, Seller, products_of


def write(seller: Seller, written_at: dt.datetime, left: dict[str, int]) -> str:
    """The feed of a supplier with the pieces that are `left` by article."""
    goods = products_of(seller.code)
    categories = _categories(list(goods.values()))
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<!DOCTYPE yml_catalog SYSTEM "shops.dtd">',
        f'<yml_catalog date="{written_at.isoformat(timespec="seconds")}">',
        f"<shop><name>{escape(seller.name)}</name><company>{escape(seller.name)} SIA</company>",
        '<currencies><currency id="EUR" rate="1"/></currencies>',
        "<categories>",
        *_category_lines(categories),
        "</categories>",
        "<offers>",
        *(_offer(product, categories[product.category], left.get(product.sku)) for product in goods.values()),
        *_loose_ends(seller),
        "</offers></shop></yml_catalog>",
    ]
    return "\n".join(parts) + "\n"


def _categories(goods: list[Product]) -> dict[str, int]:
    """Numbers for every path and every parent of one, in the order of appearance."""
    numbers: dict[str, int] = {}
    for product in goods:
        names = product.category.split("/")
        for depth in range(1, len(names) + 1):
            numbers.setdefault("/".join(names[:depth]), len(numbers) + 1)
    return numbers


def _category_lines(numbers: dict[str, int]) -> Iterator[str]:
    for path, number in numbers.items():
        parent, _, name = path.rpartition("/")
        of = f' parentId="{numbers[parent]}"' if parent else ""
        yield f'<category id="{number}"{of}>{escape(name)}</category>'


def _offer(product: Product, category: int, left: int | None) -> str:
    fields = [
        f"<name>{escape(product.title_en)}</name>",
        f'<name xml:lang="ru">{escape(product.title_ru)}</name>',
        f"<vendor>{escape(product.brand)}</vendor>",
        f"<price>{product.price}</price><currencyId>EUR</currencyId><categoryId>{category}</categoryId>",
        f"<picture>https://pictures.{product.supplier}.example/{product.artwork}.png</picture>",
        f"<description>{escape(product.description_en)}</description>",
        f'<description xml:lang="ru">{escape(product.description_ru)}</description>',
        f'<delivery-options><option cost="0" days="{product.days}"/></delivery-options>',
    ]
    fields += ["<downloadable>true</downloadable>"] if product.electronic else [f"<weight>{product.weight_kg}</weight>"]
    fields += [f"<count>{max(left, 0)}</count>"] if left is not None else []
    available = "false" if left is not None and left <= 0 else "true"
    return f"<offer id={quoteattr(product.sku)} available={quoteattr(available)}>{''.join(fields)}</offer>"


def _loose_ends(seller: Seller) -> Iterator[str]:
    """What real files have, too: one article without a price, in the largest assortment."""
    if seller.code == "homeline":
        yield (
            '<offer id="HL-9999" available="true"><name>Mystery box</name><price></price><currencyId>EUR</currencyId>'
            "<categoryId>1</categoryId></offer>"
        )
