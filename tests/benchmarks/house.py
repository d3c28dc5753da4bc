"""The product on the benchmark's server: the environment of its processes, and a coalition for them to work in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from coalition import access, members, partners, programs, promotions
from coalition.kernel.config import load
from coalition.kernel.db import db, transact
from coalition.kernel.idempotency import request_hash
from tests.benchmarks.ground import Ground
from tests.builders import a_program

ZONE = "Europe/Riga"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Shop:
    """A partner of the benchmark and the credentials of its tills."""

    program_id: int
    partner_id: int
    client_id: str
    secret: str


def environment(ground: Ground, files: Path) -> dict[str, str]:
    """What a process of the product needs to run on the database `bench`, as the unprivileged role."""
    settings = {"COALITION_ENV": "test", "SECRET_KEY": "an-unguessable-key-for-the-bench-0123456789"}
    settings |= {"DATABASE_URL": ground.web_url, "DATABASE_OWNER_URL": ground.owner_url}
    settings |= {"API_RATE": "100000/second"}  # counted as in life, refused never
    return settings | {"REDIS_URL": ground.redis_url, "FILES_DIR": str(files)}


@contextmanager
def application(settings: dict[str, str]) -> Iterator[Flask]:
    """The application in this process, its connections gone afterwards."""
    from wsgi import create_app

    app = create_app(load(settings))
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def child_environment(settings: dict[str, str]) -> dict[str, str]:
    """The environment of a process of the product."""
    return {**os.environ, **settings}


def found(outlets: list[list[str]], cards: list[str]) -> list[Shop]:
    """A program with one shop for each list of outlets, each earning a point a euro, and a member for each card."""
    program = transact(lambda: a_program("bench"))
    shops = [transact(lambda at=at: _shop(program, at, outlets[at])) for at in range(len(outlets))]  # type: ignore[misc]
    for first in range(0, len(cards), _CHUNK):
        transact(lambda first=first: _enrol(shops[0], cards[first : first + _CHUNK]))  # type: ignore[misc]
    return shops


def _shop(program: programs.Program, number: int, outlets: list[str]) -> Shop:
    partner = partners.join(program.id, f"shop{number}", f"Shop {number}", kind="retail")
    entity = partners.add_entity(partner.id, f"SHOP{number}", f"Shop {number} SIA", country="LV", tax_id=f"LV{number}")
    for code in outlets:
        partners.open_outlet(partner.id, entity.id, code, f"Shop {number} {code}", city="Riga", zone=ZONE)
    currency = programs.main_currency(program.id)
    promotions.create_base_rule(
        program.id, partner.id, currency.id, points=1, each_minor=100, name_en="Base points", name_ru="Базовые баллы"
    )
    return Shop(program.id, partner.id, *access.create_client(program.id, partner.id, "Tills", sorted(access.SCOPES)))


def _enrol(shop: Shop, cards: list[str]) -> None:
    for card in cards:
        enrolment = members.Enrolment(card, request_hash(card), identifiers=(("card", card),))
        members.enrol(shop.program_id, shop.partner_id, enrolment)
