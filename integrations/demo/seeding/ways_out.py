"""Where points of the demo may go beside the catalog: a charity, and the simulator's foreign program."""

from __future__ import annotations

from decimal import Decimal

from coalition import partners, programs, wallets
from coalition.kernel import config
from integrations.demo.seeding import settlement_floor
from integrations.demo.seeding.partners_side import Made
from integrations.simulator import crediting

_RATE = Decimal("0.5")  # miles for one bonus


def open_ways(made: Made, secrets: dict[str, dict[str, str]]) -> None:
    """A charity that takes donations, and every foreign program of the simulator."""
    charity = partners.join(made.program.id, "redcross", "Red Cross", kind="charity")
    entity = partners.add_entity(charity.id, "REDCROSS", "Sarkanais Krusts", country="LV", tax_id="LV40008002279")
    settlement_floor.agree_with_redeemer(entity.id)
    for code, name in crediting.PROGRAMS.items():
        _partner_with(made, code, name, secrets["programs"][code])


def _partner_with(made: Made, code: str, name: str, secret: str) -> None:
    airline = partners.join(made.program.id, code, name, kind="airline")
    entity = partners.add_entity(airline.id, code.upper(), f"{name} AS", country="LV", tax_id="LV40103000099")
    settlement_floor.agree_with_redeemer(entity.id)
    wallets.partner_with(
        made.program.id,
        code,
        name,
        legal_entity_id=entity.id,
        currency_id=programs.main_currency(made.program.id).id,
        rate=_RATE,
        base_url=f"{config.current().simulator_url}/programs/{code}",
        secret=secret,
    )
