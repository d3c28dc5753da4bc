"""Where points of the demo may go beside the catalog: a charity, and the simulator's foreign program."""

from __future__ import annotations

from decimal import Decimal

from catalog import rewards, suppliers
from coalition import partners, programs, wallets
from coalition.kernel import config
from integrations.demo.seeding import settlement_floor
from integrations.demo.seeding.partners_side import Made
from integrations.simulator import crediting

_RATE = Decimal("0.5")  # miles for one bonus
_PACKS = (500, 1_000, 5_000)
_MILE_MINOR = 2  # what a mile costs us, in cents
_MARGIN_BP = 800


def open_ways(made: Made, secrets: dict[str, dict[str, str]]) -> None:
    """A charity that takes donations, and every foreign program of the simulator."""
    charity = partners.join(made.program.id, "redcross", "Red Cross", kind="charity")
    entity = partners.add_entity(charity.id, "REDCROSS", "Sarkanais Krusts", country="LV", tax_id="LV40008002279")
    settlement_floor.agree_with_redeemer(entity.id)
    rewards.create_category(
        made.program.id,
        "miles",
        name_en="Miles",
        name_ru="Мили",
        icon="airplane-engines",
        artwork="flight",
        kind="partner_points",
        position=60,
    )
    for code, name in crediting.PROGRAMS.items():
        _partner_with(made, code, name, secrets["programs"][code])


def _partner_with(made: Made, code: str, name: str, secret: str) -> None:
    airline = partners.join(made.program.id, code, name, kind="airline")
    entity = partners.add_entity(airline.id, code.upper(), f"{name} AS", country="LV", tax_id="LV40103000099")
    settlement_floor.agree_with_redeemer(entity.id)
    base_url = f"{config.current().simulator_url}/programs/{code}"
    wallets.partner_with(
        made.program.id,
        code,
        name,
        legal_entity_id=entity.id,
        currency_id=programs.main_currency(made.program.id).id,
        rate=_RATE,
        base_url=base_url,
        secret=secret,
    )
    seller = suppliers.create(
        made.program.id,
        code,
        name,
        entity.id,
        base_url=base_url,
        secret=secret,
        kind="program",
        protocol="foreign",
        margin_bp=_MARGIN_BP,
    )
    for units in _PACKS:
        titles = f"{units:,} {name} miles".replace(",", " "), f"{units:,} миль {name}".replace(",", " ")
        rewards.put_up(seller.id, rewards.Listing(f"{code}-{units}", *titles, units * _MILE_MINOR, units))
