"""The demo's sellers of gift codes, flights and seats, with the shelves on which their finds stand."""

from __future__ import annotations

import httpx

from catalog import rewards, suppliers
from coalition import partners
from integrations.demo.seeding import settlement_floor
from integrations.demo.seeding.partners_side import Made
from integrations.demo.vendors import KINDS, address

_MARGIN_BP = 800
_NAMES = {"giftcode": "CodeBox", "flight": "Aerolink", "event": "Stage Door"}
_SOLD = {"giftcode": "digital", "flight": "flight", "event": "event"}
_SHELVES = (
    ("flights", "Flights", "Авиабилеты", "airplane", "flight", "flight"),
    ("tickets", "Seats at events", "Места на события", "ticket-perforated", "ticket", "event"),
)
Credentials = dict[str, tuple[str, str, str]]  # of each kind: code, secret, token


def read_credentials() -> Credentials:
    """What the vendors have given us; they must answer."""
    found: Credentials = {}
    for kind in KINDS:
        answer = httpx.get(f"{address(kind)}/control/secrets", timeout=10)
        answer.raise_for_status()
        [(code, secret)] = answer.json()["suppliers"].items()
        found[kind] = (code, secret, answer.json()["tokens"][code])
    return found


def open_vendors(made: Made, credentials: Credentials) -> list[int]:
    """Each vendor as a supplier; the id of the feed of codes, which is still to be imported."""
    for position, (code, name_en, name_ru, icon, artwork, kind) in enumerate(_SHELVES, 50):
        rewards.create_category(
            made.program.id,
            code,
            name_en=name_en,
            name_ru=name_ru,
            icon=icon,
            artwork=artwork,
            kind=kind,
            position=position,
        )
    opened = {kind: _open(made, kind, *credentials[kind]) for kind in KINDS}
    codes = opened["giftcode"]
    suppliers.map_categories(codes.id, {"Gift cards": "gift-cards"})
    return [suppliers.create_feed(codes.id, "codes", url=f"{address('giftcode')}/feeds/{codes.code}.yml").id]


def _open(made: Made, kind: str, code: str, secret: str, token: str) -> suppliers.Supplier:
    name = _NAMES[kind]
    partner = partners.join(made.program.id, code, name, kind="supplier")
    tax_id = f"LV4010500{1000 + partner.id}"
    entity = partners.add_entity(partner.id, code.upper(), f"{name} SIA", country="LV", tax_id=tax_id)
    settlement_floor.agree_with_supplier(entity.id)
    return suppliers.create(
        made.program.id,
        code,
        name,
        entity.id,
        base_url=f"{address(kind)}/suppliers/{code}",
        secret=secret,
        token=token,
        kind=_SOLD[kind],
        protocol=kind,
        margin_bp=_MARGIN_BP,
    )
