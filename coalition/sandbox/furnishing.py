"""What a test program is furnished with: a twin of the partner, its outlets, a rule, and members with known cards."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition import members, partners, programs, promotions, purchases
from coalition.kernel import clock
from coalition.kernel.idempotency import request_hash
from coalition.programs import launching

OUTLET = "TEST"
CHARITY = "charity"
EACH_MINOR = 100  # one point for so much money, whatever the partner's own rules give
OPENING = 10_000  # points of the member who has some
_OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Card:
    """A card of a test member. `state`: usable with points, usable without any, or blocked; see the documentation."""

    number: str
    state: str


CARDS = (
    Card("9990000000000017", "points"),
    Card("9990000000000025", "empty"),
    Card("9990000000000033", "blocked"),
)


def furnish(partner_id: int, generation: int) -> partners.Partner:
    """A new test program for a partner, live and furnished; the partner's twin in it."""
    real = partners.get(partner_id)
    program = programs.get(real.program_id)
    test = programs.launch(
        f"test-{partner_id}-{generation}",
        f"{program.name} · test",
        zone=program.zone,
        currency=program.currency,
        currency_decimals=program.currency_decimals,
        kind="test",
    )
    for currency in programs.currencies(program.id):
        policies = launching.policies_of(currency)
        names = {name: policies.pop(name) for name in ("name_en", "name_ru", "face_minor")}
        programs.add_currency(test.id, currency.code, **names, **policies)
    operator = partners.join(test.id, _OPERATOR, "Test operator", kind="operator")
    partners.add_entity(operator.id, "OPERATOR", "Test operator", country="LV", tax_id="TEST")
    charity = partners.join(test.id, CHARITY, "Test charity", kind="charity")
    partners.add_entity(charity.id, "CHARITY", "Test charity", country="LV", tax_id="TEST")
    programs.move(test.id, "live")
    twin = _twin(real, test)
    _people(test, twin)
    return twin


def _twin(real: partners.Partner, test: programs.Program) -> partners.Partner:
    """The partner with its roles and outlets, one company for all of them, and a rule that everybody can reckon."""
    twin = partners.join(test.id, real.code, real.name, kind="other" if real.kind == "operator" else real.kind)
    twin = partners.give_roles(twin.id, real.roles)
    entity = partners.add_entity(twin.id, "TEST", f"{real.name} · test", country="LV", tax_id="TEST")
    partners.open_outlet(twin.id, entity.id, OUTLET, "Test outlet", city="", zone=test.zone)
    for outlet in partners.list_outlets(real.id):
        if outlet.code != OUTLET and outlet.closed_at is None:
            place = {"city": outlet.city, "zone": outlet.zone}
            partners.open_outlet(twin.id, entity.id, outlet.code, outlet.name, **place)
    promotions.create_base_rule(
        test.id,
        twin.id,
        programs.main_currency(test.id).id,
        points=1,
        each_minor=EACH_MINOR,
        name_en="Test: 1 per 1.00",
        name_ru="Тест: 1 за 1,00",
    )
    return twin


def _people(test: programs.Program, twin: partners.Partner) -> None:
    """The members of the cards; who has points and who has none are one family, so that points can be transferred."""
    numbers: dict[str, int] = {}
    for card in CARDS:
        name = members.Profile(first_name="Test", last_name=card.state.title(), locale="en")
        key = f"test-{card.state}"
        enrolment = members.Enrolment(key, request_hash(key), name, (("card", card.number),))
        member, _ = members.enrol(test.id, twin.id, enrolment)
        numbers[card.state] = member.id
        if card.state == "points":
            _open(test, twin, card)
        elif card.state == "blocked":
            (known,) = [one for one in members.identifiers(member.id) if one.kind == "card"]
            members.block(twin.id, member.id, known.id, reason="test")
    empty = next(card.number for card in CARDS if card.state == "empty")
    members.invite(test.id, numbers["points"], ("card", empty))
    members.accept(test.id, numbers["empty"], members.invitations(numbers["empty"])[0].family_id)


def _open(test: programs.Program, twin: partners.Partner, card: Card) -> None:
    """The member's first points, by the way that all points come: a purchase of a year's worth."""
    amount = OPENING * EACH_MINOR
    line = {"no": 1, "sku": "OPENING", "qty_m": 1000, "price": amount, "amount": amount}
    receipt = purchases.read(
        {
            "external_id": "opening",
            "occurred_at": (clock.now() - dt.timedelta(minutes=1)).isoformat(),
            "outlet": OUTLET,
            "member": {"kind": "card", "value": card.number},
            "currency": test.currency,
            "lines": [line],
        }
    )
    (result,) = purchases.record(twin.id, [receipt])
    if isinstance(result, purchases.Refused):
        raise result.refusal
