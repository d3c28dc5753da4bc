"""Builders of the smallest coalition a test needs, through the front desks. Call them inside a transaction."""

from __future__ import annotations

import itertools
from decimal import Decimal

from coalition import partners, programs

_numbers = itertools.count(1)


def a_program(code: str = "", *, expiry_months: int | None = 12, state: programs.State = "live") -> programs.Program:
    """A live program in Riga, settling in EUR, with the currency BON (one is worth one cent) and an operator.

    BON lasts to the end of the month, `expiry_months` on; None: for ever. `state`: draft, pilot or live.
    """
    program = programs.launch(code or f"program-{next(_numbers)}", "Coral Club", zone="Europe/Riga", currency="EUR")
    face = Decimal(1)
    lasting = {"expiry": "month_end", "expiry_n": expiry_months} if expiry_months else {}
    programs.add_currency(program.id, "BON", name_en="bonuses", name_ru="бонусы", face_minor=face, **lasting)
    operator = partners.join(program.id, "coral", "Coral Club", kind="operator")
    partners.add_entity(operator.id, "CORAL", "Coral Club SIA", country="LV", tax_id="LV40003000001")
    return program if state == "draft" else programs.move(program.id, state)


def a_partner(program: programs.Program, code: str = "", *, kind: str = "retail") -> partners.Partner:
    """A partner with one legal entity (its code in capitals) and the outlet S1 in Riga."""
    code = code or f"partner-{next(_numbers)}"
    partner = partners.join(program.id, code, code.title(), kind=kind)
    entity = partners.add_entity(partner.id, code.upper(), f"{code.title()} SIA", country="LV", tax_id="LV4")
    partners.open_outlet(partner.id, entity.id, "S1", "Shop 1", city="Riga", zone="Europe/Riga")
    return partner
