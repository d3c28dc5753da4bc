"""The coalition's people: the program, its partners with their systems and people, one member and the staff."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from coalition import access, members, partners, programs, promotions
from coalition.kernel import clock
from coalition.kernel.idempotency import request_hash
from integrations.demo.seeding import apps

PROGRAM = "coral"
ZONE = "Europe/Riga"
CURRENCY = "EUR"
MEMBER_EMAIL = "anna@example.com"
MANAGED = "freshmart"  # the partner whose person manages, too; those of the others only read
MEMBER_CARD = "9843000000004417"
# Two of the support, of finance and of the marketers, for four eyes.
STAFF = {
    "finance": "finance",
    "finance2": "finance",
    "admin": "admin",
    "support": "support",
    "support2": "support",
    "catalog": "catalog",
    "marketer": "marketer",
    "marketer2": "marketer",
    "auditor": "auditor",
}


@dataclass(frozen=True, slots=True)
class Shop:
    """A partner of the demo: its outlets, and its promise of `points` per full `each_minor` cents."""

    code: str
    name: str
    entity: str
    tax_id: str
    kind: str
    outlets: tuple[tuple[str, str, str], ...]
    points: int
    each_minor: int


SHOPS = (
    Shop(
        *("freshmart", "FreshMart", "FreshMart SIA", "LV40103000011", "retail"),
        (("S1", "FreshMart Centrs", "Riga"), ("S2", "FreshMart Liepāja", "Liepāja")),
        *(2, 100),
    ),
    Shop(
        *("petrogo", "PetroGo", "PetroGo Baltija AS", "LV40103000022", "fuel"),
        (("F1", "PetroGo Jūrmala", "Jūrmala"), ("F2", "PetroGo A7", "Bauska")),
        *(1, 100),
    ),
    Shop(
        *("homeline", "HomeLine", "HomeLine Latvia SIA", "LV40103000033", "retail"),
        (("H1", "HomeLine Mols", "Riga"),),
        *(3, 200),
    ),
)


@dataclass(slots=True)
class Made:
    """What has been made so far, with the secrets that are shown once."""

    program: programs.Program
    operator: partners.Partner
    shops: dict[str, partners.Partner] = field(default_factory=dict)
    clients: list[dict[str, Any]] = field(default_factory=list)
    member: dict[str, str] = field(default_factory=dict)
    staff: dict[str, dict[str, str]] = field(default_factory=dict)
    staff_ids: dict[str, int] = field(default_factory=dict)
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    app: dict[str, Any] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """The content of var/demo.json, but for the addresses."""
        people = {"staff": self.staff, "partner_people": self.people}
        return {"program": PROGRAM, "partners": self.clients, "member": self.member, "app": self.app, **people}


def found() -> Made:
    """The program, its partners, the member and the staff."""
    program = programs.launch(PROGRAM, "Coral Club", zone=ZONE, currency=CURRENCY)
    names = {"name_en": "bonuses", "name_ru": "бонусы"}
    programs.add_currency(program.id, "BON", **names, face_minor=Decimal(1), expiry="month_end", expiry_n=12)
    program = programs.move(program.id, "live")
    operator = partners.join(program.id, PROGRAM, "Coral Club", kind="operator")
    partners.add_entity(operator.id, "CORAL", "Coral Club SIA", country="LV", tax_id="LV40003000001")
    made = Made(program, operator)
    for shop in SHOPS:
        _open(made, shop)
    made.app = apps.register(program.id, made.shops["freshmart"].id)
    _enrol_member(made)
    for name, role in STAFF.items():
        email, password = f"{name}@example.com", _password()
        made.staff_ids[name] = access.create_user(email, password, [role], "staff").id
        made.staff[name] = {"email": email, "password": password}
    return made


def _open(made: Made, shop: Shop) -> None:
    program = made.program
    partner = partners.join(program.id, shop.code, shop.name, kind=shop.kind)
    entity = partners.add_entity(partner.id, shop.code.upper(), shop.entity, country="LV", tax_id=shop.tax_id)
    for code, name, city in shop.outlets:
        partners.open_outlet(partner.id, entity.id, code, name, city=city, zone=ZONE)
    currency = programs.main_currency(program.id)
    each = f"{shop.each_minor // 100}.00 EUR"
    promotions.create_base_rule(
        program.id,
        partner.id,
        currency.id,
        points=shop.points,
        each_minor=shop.each_minor,
        name_en=f"{shop.name}: {shop.points} per {each}",
        name_ru=f"{shop.name}: {shop.points} за {each}",
    )
    scopes = sorted(access.SCOPES)
    client_id, secret = access.create_client(program.id, partner.id, f"{shop.name} tills", scopes)
    made.shops[shop.code] = partner
    email, password = f"{shop.code}@example.com", _password()
    role = "partner_admin" if shop.code == MANAGED else "partner"
    access.create_user(email, password, [role], f"partner:{partner.id}", program_id=program.id)
    made.people[shop.code] = {"email": email, "password": password}
    facts = {"code": shop.code, "client_id": client_id, "client_secret": secret, "outlet": shop.outlets[0][0]}
    made.clients.append({**facts, "currency": CURRENCY, "points_currency": currency.code, "scopes": scopes})


def _enrol_member(made: Made) -> None:
    profile = members.Profile(
        first_name="Anna", last_name="Ozola", email=MEMBER_EMAIL, phone="+37120000017", locale="en"
    )
    enrolment = members.Enrolment(
        external_id="anna",
        request_hash=request_hash("anna"),
        profile=profile,
        identifiers=(("card", MEMBER_CARD), ("phone", "+37120000017"), ("email", MEMBER_EMAIL)),
        consents=(members.Consent("rules", clock.now(), "2026-01"),),
    )
    member, _ = members.enrol(made.program.id, made.shops["freshmart"].id, enrolment)
    password = _password()
    access.create_user(MEMBER_EMAIL, password, ["member"], f"member:{member.id}", program_id=made.program.id)
    made.member |= {"email": MEMBER_EMAIL, "password": password, "card": MEMBER_CARD}


def _password() -> str:
    return secrets.token_urlsafe(12)
