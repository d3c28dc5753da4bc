"""The demo's catalog: shelves, the simulator's suppliers with their feeds and delivery, and its carriers."""

from __future__ import annotations

import httpx

from catalog import orders, pricing, rewards, shipments, suppliers
from coalition import partners
from coalition.kernel import config
from integrations.demo.seeding import settlement_floor
from integrations.demo.seeding.partners_side import Made
from integrations.simulator import assortment

_MARGIN_BP = 800


def read_secrets() -> dict[str, dict[str, str]]:
    """The simulator's signing secrets, by `suppliers` and `carriers`."""
    answer = httpx.get(f"{_simulator()}/control/secrets", timeout=10)
    answer.raise_for_status()
    secrets: dict[str, dict[str, str]] = answer.json()
    return secrets


def open_catalog(made: Made, secrets: dict[str, dict[str, str]]) -> list[int]:
    """Shelves, carriers, and every supplier with its feed; the ids of the feeds, which are still to be imported."""
    for position, shelf in enumerate(assortment.SHELVES):
        rewards.create_category(
            made.program.id,
            shelf.code,
            name_en=shelf.name_en,
            name_ru=shelf.name_ru,
            icon=shelf.icon,
            artwork=shelf.artwork,
            kind=shelf.kind,
            position=position,
        )
    for code, name in assortment.CARRIERS.items():
        shipments.add_carrier(code, name, secrets["carriers"][code], number_forms=["s10"])
    # At least a third of a price is paid in points; a card pays the rest, never less than a euro.
    policy = pricing.CashPolicy("EUR", points_min_bp=3_333, cash_min_minor=100)
    pricing.set_cash_policy(made.program.id, policy)
    return [_supply(made, seller, secrets["suppliers"][seller.code]) for seller in assortment.SELLERS]


def _supply(made: Made, seller: assortment.Seller, secret: str) -> int:
    base_url = f"{_simulator()}/suppliers/{seller.code}"
    supplier = suppliers.create(
        made.program.id,
        seller.code,
        seller.name,
        _entity(made, seller),
        base_url=base_url,
        secret=secret,
        kind=seller.kind,
        protocol="none" if seller.kind == "donation" else "goods",
        margin_bp=_MARGIN_BP,
    )
    if seller.kind == "goods":
        pricing.offer_delivery(supplier.id, "pickup", kind="pickup", points=0, cost_minor=0, days_min=2, days_max=3)
        pricing.offer_delivery(
            supplier.id, "courier", kind="courier", points=390, cost_minor=350, days_min=1, days_max=2
        )
        address = f"{seller.name}, Returns, Krasta iela 68, Riga LV-1019"
        orders.set_policy(supplier.id, orders.ReturnPolicy(days=30, address=address))
    suppliers.map_categories(supplier.id, assortment.category_targets(seller.code))
    return suppliers.create_feed(supplier.id, "catalog", url=f"{_simulator()}/feeds/{seller.code}.yml").id


def _entity(made: Made, seller: assortment.Seller) -> int:
    """The legal entity that supplies: a shop of the coalition under its own, others under a new one."""
    if seller.code in made.shops:
        return partners.entities_of(made.shops[seller.code].id)[0].id
    partner = partners.join(made.program.id, seller.code, seller.name, kind="supplier")
    tax_id = f"LV4010400{1000 + partner.id}"
    entity = partners.add_entity(partner.id, seller.code.upper(), f"{seller.name} SIA", country="LV", tax_id=tax_id)
    settlement_floor.agree_with_supplier(entity.id)
    return entity.id


def _simulator() -> str:
    url = config.current().simulator_url
    if url is None:
        raise RuntimeError("SIMULATOR_URL is missing: the demo's suppliers live in the simulator")
    return url
