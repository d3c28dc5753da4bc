"""Builders of the catalog's smallest world: a supplier with a feed, its YML file, rewards with stock."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from xml.sax.saxutils import escape

from catalog import rewards, suppliers
from coalition import partners, programs
from coalition.kernel import clock
from coalition.kernel.db import fetch_all

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_numbers = itertools.count(1)


def a_supplier(program: programs.Program, code: str = "", *, margin_bp: int = 0, **how: str) -> suppliers.Supplier:
    """A supplier with a partner and legal entity of its own, and the category `home` mapped from `Home`."""
    code = code or f"supplier-{next(_numbers)}"
    partner = partners.join(program.id, code, code.title(), kind="supplier")
    entity = partners.add_entity(partner.id, code.upper(), f"{code.title()} SIA", country="LV", tax_id="LV4")
    supplier = suppliers.create(
        program.id,
        code,
        code.title(),
        entity.id,
        base_url="http://127.0.0.1:9/suppliers/" + code,
        secret=SECRET,
        margin_bp=margin_bp,
        **how,
    )
    suppliers.map_categories(supplier.id, {"Home": "home"})
    return supplier


def a_category(program: programs.Program, code: str = "home", **how: object) -> rewards.Category:
    """A category of goods."""
    return rewards.create_category(program.id, code, name_en=code.title(), name_ru="Дом", artwork="kettle", **how)


def an_offer(sku: str = "A1", **fields: str | None) -> str:
    """One `<offer>`, good in every respect unless `fields` say otherwise (None leaves a field out)."""
    values: dict[str, str | None] = {
        "name": f"Thing {sku}",
        "price": "10.00",
        "currencyId": "EUR",
        "categoryId": "1",
        "picture": "https://pictures.example/kettle.png",
        "weight": "0.5",
        "count": "5",
        **fields,
    }
    inside = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in values.items() if text is not None)
    return f'<offer id="{escape(sku)}" available="true">{inside}</offer>'


def a_file(*offers: str, date: str = "2026-11-20 09:00", encoding: str = "utf-8") -> bytes:
    """A YML file with one category, `Home`, and these offers."""
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<!DOCTYPE yml_catalog SYSTEM "shops.dtd">\n'
        f'<yml_catalog date="{date}"><shop><categories><category id="1">Home</category></categories>'
        f"<offers>{''.join(offers)}</offers></shop></yml_catalog>"
    )
    return text.encode(encoding)


def offers_in_stock(supplier: suppliers.Supplier, **stock: int) -> dict[str, int]:
    """Offers by article with this many pieces, through a feed run of which the file is in memory; their ids."""
    feed = suppliers.create_feed(supplier.id, f"feed-{next(_numbers)}")
    run = suppliers.start(suppliers.open_run(feed.id).id)
    content = a_file(*(an_offer(sku, count=str(count)) for sku, count in stock.items()))
    for chunk in suppliers.chunks(suppliers.YmlFile(io.BytesIO(content))):
        suppliers.stage(run.id, chunk)
    verdict = suppliers.check(run.id, feed)
    suppliers.apply(run.id, feed, verdict)
    rewards.apply_feed_stock(run.id, clock.now() - dt.timedelta(days=1))
    rewards.publish(supplier.id)
    suppliers.close(run.id, verdict.state)
    rows = fetch_all("SELECT offer_id, supplier_sku FROM supplier_offers WHERE supplier_id = :id", {"id": supplier.id})
    return {row.supplier_sku: row.offer_id for row in rows}
