"""Builders of members through their front desk. Call them inside a transaction."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from coalition import members, partners, programs
from coalition.kernel.idempotency import request_hash

_numbers = itertools.count(1)


def an_enrolment(external_id: str, *, card: str | None = None, **profile: Any) -> members.Enrolment:
    """A request to enrol a member with at most a card."""
    identifiers = (("card", card),) if card else ()
    told = members.Profile(**({"first_name": "Anna", "last_name": "Ozola"} | profile))
    return members.Enrolment(external_id, request_hash([external_id, card, str(told)]), told, identifiers)


def a_member(program: programs.Program, partner: partners.Partner, *, card: str | None = None) -> members.Member:
    """A member enrolled by `partner`."""
    member, _ = members.enrol(program.id, partner.id, an_enrolment(f"M-{next(_numbers)}", card=card))
    return member


def a_ladder(program: programs.Program, *, months: int | None = None) -> members.Ladder:
    """Silver from 100 tier points (ELT) on, gold from 500: it earns half as much again, and delivery is free."""
    elite = programs.add_currency(
        program.id,
        "ELT",
        name_en="elite points",
        name_ru="элитные баллы",
        kind="tier",
        spendable=False,
        face_minor=Decimal(1),
        expiry="year_end" if months is None else "month_end",
        expiry_n=1 if months is None else months,
    )
    gold = members.Benefits(earn_x_bp=15_000, delivery_free=True)
    tiers = [members.Tier("silver", "Silver", "Серебро", 100), members.Tier("gold", "Gold", "Золото", 500, gold)]
    return members.set_tiers(program.id, elite.id, tiers, months=months)


def a_plan(**terms: Any) -> members.Plan:
    """A month of free delivery for 4.99."""
    delivery = members.Benefits(delivery_free=True)
    return members.Plan(
        **(
            {
                "code": "plus",
                "name_en": "Plus",
                "name_ru": "Плюс",
                "price_minor": 499,
                "months": 1,
                "benefits": delivery,
            }
            | terms
        )
    )
