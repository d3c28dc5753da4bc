"""A partner of the demo that is told what happens, and a supplier's person who sees to its orders by hand."""

from __future__ import annotations

import secrets

from catalog import suppliers
from coalition import access, partners
from coalition.kernel import config
from coalition.partners import webhooks
from integrations.demo.seeding.partners_side import MANAGED, Made


def listen(made: Made) -> None:
    """The managed shop's server (the simulator's) wants to know everything; somebody of a supplier can sign in."""
    names = [one.name for one in webhooks.event_types()]
    webhooks.create(
        made.shops[MANAGED].id, f"{config.current().simulator_url}/partners/{MANAGED}/hooks", names, "Tills"
    )
    shops = {shop.id for shop in made.shops.values()}
    for supplier in suppliers.list_suppliers(made.program.id):
        partner_id = partners.entity(supplier.legal_entity_id).partner_id
        if supplier.kind == "goods" and partner_id not in shops:
            email, password = "supplier@example.com", secrets.token_urlsafe(12)
            access.create_user(email, password, ["supplier"], f"partner:{partner_id}", program_id=made.program.id)
            made.people["supplier"] = {"email": email, "password": password}
            return
