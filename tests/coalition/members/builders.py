"""Builders of members through their front desk. Call them inside a transaction."""

from __future__ import annotations

import itertools
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
