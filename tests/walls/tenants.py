"""Three tenants who have one of everything: mine, its twin in the same program, and one in a program of its own.

Whatever a tenant has is called by its name, so that an answer to another shows at a glance whose secret it tells.
Settlement and registries read what was committed: the ground is a database of its own.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from catalog import suppliers
from coalition import access, partners, programs, promotions, wallets
from coalition.kernel import ids, jobs
from coalition.kernel.db import transact
from coalition.promotions import proposals
from settlement import terms
from tests.builders import a_partner
from tests.catalog.api.desk import ADDRESS
from tests.catalog.builders import SECRET, a_file, an_offer
from tests.catalog.orders.builders import FakeSupplier, World, a_world, bind, give_points
from tests.coalition.purchases.registries.test_tables import a_definition
from tests.settlement.builders import Coalition
from tests.settlement.reconciliation.builders import HYBRID, MAY, movement_of, statement_of

PASSWORD = "correct horse battery"
CARDS = {"mine": "4276000000000011", "twin": "4276000000000022", "stranger": "4276000000000033"}
NOW = "2026-11-20T09:30:00Z"
HOOK = {"url": "https://hooks.example.com/in", "event_types": ["points.issued"]}


@dataclass
class Tenant:
    """A partner of a program: its token, its people's cookies, and the ids of what it has, by kind."""

    name: str
    app: Flask
    partner: partners.Partner
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def canary(self) -> str:
        """The word that stands in everything of this tenant."""
        return f"zq{self.name}zq"

    @property
    def card(self) -> dict[str, str]:
        """The identifier of this tenant's member."""
        return {"kind": "card", "value": CARDS[self.name]}

    def call(self, method: str, path: str, body: Any = None, **how: Any) -> TestResponse:
        """A request of this tenant's client to the API."""
        sent = {"json": body} if body is not None else {}
        headers = {"Authorization": f"Bearer {self.token}", **how.pop("headers", {})}
        client = self.app.test_client(use_cookies=False)
        return client.open(f"/api/v1{path}", method=method, headers=headers, buffered=True, **sent, **how)

    def visit(self, method: str, path: str, who: str) -> TestResponse:
        """A request of one of this tenant's people (`member` or `partner_admin`) to a page."""
        client = self.app.test_client(use_cookies=False)
        return client.open(path, method=method, headers={"Cookie": f"session={self.cookies[who]}"}, buffered=True)

    def made(self, kind: str, path: str, body: Any = None, *, method: str = "POST", **how: Any) -> dict[str, Any]:
        """What a request makes; its id is kept under `kind`."""
        answer = self.call(method, path, body, **how)
        assert answer.status_code in (200, 201, 202), f"{self.name} {path}: {answer.status_code} {answer.text[:600]}"
        told = dict(answer.get_json())
        self.ids[kind] = str(told.get("id") or told.get("name"))
        return told


class Books(Coalition):
    """The settlement of a program that is there already, with these of its partners."""

    def __init__(self, world: World, *tenants: Tenant) -> None:
        self.program = world.program
        self.currency = transact(lambda: programs.main_currency(world.program.id))
        self.operator = transact(lambda: partners.operator_entity(world.program.id))
        self.partners = {one.name: one.partner.id for one in tenants}
        self.entities = {
            one.name: transact(lambda one=one: partners.entities_of(one.partner.id))[0].id for one in tenants
        }
        for entity in self.entities.values():
            transact(lambda entity=entity: terms.agree(entity, HYBRID, starts_on=MAY.replace(year=2020)))


def settle(app: Flask) -> dict[str, Tenant]:
    """The three tenants, in a database that is nobody else's. To be called in the application's context."""
    bind(FakeSupplier())
    home, abroad = transact(lambda: a_world(pieces=50)), transact(lambda: a_world(pieces=50))
    tenants = {}
    for name, world in (("mine", home), ("twin", home), ("stranger", abroad)):
        tenants[name] = transact(lambda name=name, world=world: _join(app, world, name))
        _trade(tenants[name], world)
    jobs.run_due(200)
    for world, names in ((home, ("mine", "twin")), (abroad, ("stranger",))):
        _close_the_books(world, *[tenants[name] for name in names])
    jobs.run_due(200)
    for tenant in tenants.values():
        _look_up(tenant)
    return tenants


def _join(app: Flask, world: World, name: str) -> Tenant:
    tenant = Tenant(name, app, a_partner(world.program, f"zq{name}zq"))
    currency = programs.main_currency(world.program.id)
    words = {"name_en": tenant.canary, "name_ru": tenant.canary}
    promotions.create_base_rule(world.program.id, tenant.partner.id, currency.id, points=1, each_minor=200, **words)
    entity = partners.entities_of(tenant.partner.id)[0]
    supplier = suppliers.create(
        world.program.id, f"zq{name}zq", tenant.canary, entity.id, base_url="http://127.0.0.1:9/x", secret=SECRET
    )
    suppliers.map_categories(supplier.id, {"Home": "home"})
    tenant.ids |= {"code": supplier.code, "feed": suppliers.create_feed(supplier.id, f"feed-{name}").code}
    wallets.partner_with(
        world.program.id,
        f"miles-{name}",
        "NorthMiles",
        legal_entity_id=entity.id,
        currency_id=currency.id,
        rate=Decimal("0.5"),
        base_url="http://northmiles.example",
        secret=SECRET,
    )
    client = access.create_client(world.program.id, tenant.partner.id, tenant.canary, access.SCOPES)
    tenant.ids["client_id"] = client[0]
    tenant.token = access.issue_token(*client, access.SCOPES).value
    return tenant


def _trade(tenant: Tenant, world: World) -> None:
    """One of everything that a partner can make."""
    name = tenant.name
    profile = {"first_name": tenant.canary, "last_name": "Ozola", "email": f"{tenant.canary}@example.com"}
    asked = {"external_id": tenant.canary, "profile": profile, "identifiers": [tenant.card]}
    member = tenant.made("member", "/members", asked)
    number = ids.parse("mbr", member["id"])
    transact(lambda: give_points(world.program, number, 50_000))
    tenant.made("identifier", f"/members/{member['id']}/identifiers", {"kind": "app", "value": f"{tenant.canary}-app"})
    tenant.made("purchase", "/purchases", a_purchase(tenant, tenant.canary))
    tenant.ids["external_id"] = tenant.canary
    tenant.made("purchase_quote", "/quotes", a_purchase(tenant, f"{tenant.canary}-q"))
    points = {"member": tenant.card, "points": {"amount": 100, "currency": "BON"}}
    tenant.made("hold", "/holds", {"external_id": f"{tenant.canary}-h", "ttl_s": 600_000, **points})
    away = {"external_id": f"{tenant.canary}-x", "program": f"miles-{name}", "account": tenant.canary, **points}
    tenant.made("exchange", "/exchanges", away)
    tenant.made("name", f"/registry-mappings/{tenant.canary}", a_definition(), method="PUT")
    lines = json.dumps(a_purchase(tenant, f"{tenant.canary}-r")) + "\n{}\n"
    tenant.made("registry", "/registries", data=lines, headers={"Content-Type": "application/x-ndjson"})
    reward = ids.public("rew", world.rewards[0].id)
    tenant.ids["reward"] = reward
    tenant.made("quote", "/catalog/quotes", a_basket(tenant, reward))
    tenant.made("order", "/orders", {"external_id": tenant.canary, "quote_id": tenant.ids["quote"]})
    tenant.made("unused_quote", "/catalog/quotes", a_basket(tenant, reward))
    path = f"/suppliers/{tenant.ids['code']}/feeds/{tenant.ids['feed']}/runs"
    tenant.made("run", path, data=a_file(an_offer(f"{tenant.canary}1")), headers={"Content-Type": "application/xml"})
    tenant.made("endpoint", "/webhook-endpoints", HOOK)
    mail, owner = f"invited.{tenant.canary}@example.com", f"partner:{tenant.partner.id}"
    asked_in = ("partner",), owner, world.program.id
    invited = transact(lambda: access.invite(mail, *asked_in, language="en", house=tenant.canary))
    wanted = proposals.Wanted(tenant.canary, tenant.canary, dt.date(2099, 1, 1), dt.date(2099, 1, 31))
    proposed = transact(lambda: proposals.propose(world.program.id, tenant.partner.id, wanted))
    tenant.ids["proposal"] = ids.public("prp", proposed)
    tenant.ids["invitation"] = ids.public("inv", invited.id)
    owners = {"member": f"member:{number}", "partner_admin": owner}
    for role, whose in owners.items():
        tenant.cookies[role] = _signed_in(tenant, world, role, whose)


def a_purchase(tenant: Tenant, external_id: str, **more: Any) -> dict[str, Any]:
    """A purchase of the tenant's member, as its till sends it."""
    line = {"no": 1, "sku": tenant.canary, "name": tenant.canary, "qty_m": 1000, "price": 899, "amount": 899}
    head = {"external_id": external_id, "occurred_at": NOW, "outlet": "S1", "member": tenant.card, "currency": "EUR"}
    return {**head, "lines": [line], **more}


def a_basket(tenant: Tenant, reward: str, **more: Any) -> dict[str, Any]:
    """What is asked of the catalog for the tenant's member."""
    delivery = {"method": "courier", "address": ADDRESS}
    return {"member": tenant.ids["member"], "lines": [{"reward_id": reward, "qty": 1}], "delivery": delivery, **more}


def _look_up(tenant: Tenant) -> None:
    """The ids of what was made of itself."""
    for kind, path, key in (
        ("invoice", f"/statements/{tenant.ids['statement']}/invoices", "number"),
        ("delivery", f"/webhook-endpoints/{tenant.ids['endpoint']}/deliveries", "id"),
    ):
        tenant.ids[kind] = tenant.call("GET", path).get_json()["items"][0][key]


def _signed_in(tenant: Tenant, world: World, role: str, owner: str) -> str:
    email = f"{role}.{tenant.canary}@example.com"
    user = transact(lambda: access.create_user(email, PASSWORD, [role], owner, program_id=world.program.id))
    tenant.ids["person"] = ids.public("usr", user.id)
    browser = tenant.app.test_client()
    browser.post("/login", data={"email": email, "password": PASSWORD})
    cookie = browser.get_cookie("session")
    assert cookie is not None
    return str(cookie.value)


def _close_the_books(world: World, *tenants: Tenant) -> None:
    """May, closed and sent; everybody disputes its statement and sends a file of its own."""
    books = Books(world, *tenants)
    books.issue(10_000, MAY, {one.name: 1 for one in tenants})
    books.redeem(3000, MAY, tenants[-1].name)
    books.close_and_send("2026-05")
    for one in tenants:
        one.ids["statement"] = ids.public("stm", statement_of(books, one.name).id)
        one.ids["movement"] = movement_of(books, one.name)
        said = {"external_id": one.canary, "evidence": one.canary}
        one.made("dispute", f"/statements/{one.ids['statement']}/disputes", said)
        row = json.dumps({"external_id": one.canary, "occurred_at": NOW, "amount": 1}) + "\n"
        how: dict[str, Any] = {"data": row, "headers": {"Content-Type": "application/x-ndjson"}}
        one.made("reconciliation", "/reconciliations?period=2026-05", **how)
