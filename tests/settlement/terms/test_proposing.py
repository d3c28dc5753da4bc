"""Four eyes on agreements: what one person of finance proposes, another activates, exactly as it was shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from flask import Flask
from psycopg import connect

from coalition import access, partners
from coalition.kernel import approvals, audit
from coalition.kernel.config import current
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import Conflict, Forbidden, Invalid
from settlement import accruals, terms
from settlement.terms import Agreement, Prices
from tests import racing
from tests.builders import a_partner, a_program
from tests.settlement.builders import broken_laws, on_issue

MAY, COMING = dt.date(2026, 5, 1), dt.date(2089, 6, 1)
FULL = Prices(
    funding_mode="hybrid",
    issue_price=Decimal("0.006"),
    redemption_price=Decimal("0.004"),
    service_price=Decimal("0.0012"),
    redeemer_commission=Decimal("0.05"),
    breakage_share=Decimal("0.5"),
    reversal_order="pro_rata",
    vat_profile="DE_THIRD_PARTY",
    vat_rate=Decimal("0.19"),
    cycle="month",
    model="deferred_gross",
    credit_limit_minor=1_000_000,
    over_limit="throttle",
)


@pytest.fixture
def entity_id(app: Flask) -> int:
    return transact(lambda: partners.entities_of(a_partner(a_program()).id)[0]).id


def a_person(name: str, role: str = "finance") -> str:
    made = transact(lambda: access.create_user(f"{name}@example.com", "a long password", [role], "staff"))
    return f"user:{made.id}"


def acting(actor: str) -> None:
    audit.set_origin(audit.Origin(actor))


def proposed(entity_id: int, by: str, prices: Prices = FULL, **more: Any) -> Agreement:
    acting(by)
    facts = {"starts_on": COMING, "note": "New prices", "key": "1", "currency": "USD", **more}
    return transact(lambda: terms.propose(entity_id, prices, **facts))


def activated(agreement: Agreement, by: str, seen: bytes | None = None) -> Agreement:
    acting(by)
    shown = seen if seen is not None else transact(lambda: approvals.get(agreement.approval_id or 0)).payload_hash
    return transact(lambda: terms.activate(agreement.id, seen=shown))


def in_force(entity_id: int, on: dt.date) -> Agreement | None:
    program_id = transact(lambda: partners.entity(entity_id)).program_id
    return transact(lambda: terms.in_force(program_id, on)).get(entity_id)


def test_a_proposal_prices_nothing_until_another_person_of_finance_activates_it(entity_id: int) -> None:
    before = transact(lambda: terms.agree(entity_id, on_issue("0.01"), starts_on=MAY))
    proposal = proposed(entity_id, a_person("ann"))
    assert (proposal.state, proposal.version) == ("proposed", 2)
    assert in_force(entity_id, COMING) == before

    active = activated(proposal, a_person("bob"))

    assert active.state == "active"
    assert {name: getattr(active, name) for name in Prices.__slots__} == {
        name: getattr(FULL, name) for name in Prices.__slots__
    }
    assert (active.currency, active.redeemer_price) == ("USD", Decimal("0.0095"))
    assert in_force(entity_id, COMING) == active
    ended = in_force(entity_id, COMING - dt.timedelta(days=1))
    assert ended is not None
    assert (ended.id, ended.ends_on) == (before.id, COMING - dt.timedelta(days=1))
    assert broken_laws() == {}


def test_the_law_of_four_eyes_sees_terms_that_nobody_approved(live: Flask) -> None:
    entity_id = transact(lambda: partners.entities_of(a_partner(a_program()).id)[0]).id
    activated(proposed(entity_id, a_person("ann")), a_person("bob"))
    assert broken_laws() == {}

    with connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("UPDATE agreement SET issue_price = issue_price + 0.001")

    assert set(broken_laws()) == {"P71"}


@pytest.mark.parametrize(
    ("period", "cycle"), [("2026-05", "month"), ("2026-Q2", "quarter"), ("2026-W20", "week"), ("2026-05-05", "day")]
)
def test_a_cycle_that_is_not_the_programs_is_refused(entity_id: int, period: str, cycle: str) -> None:
    ann = a_person("ann")
    program = transact(lambda: partners.entity(entity_id)).program_id
    transact(lambda: accruals.open_period(program, period))

    for wanted in {"day", "week", "month", "quarter"} - {cycle}:
        with pytest.raises(Invalid) as refused:
            proposed(entity_id, ann, replace(FULL, cycle=wanted))
        assert [(at.pointer, at.code) for at in refused.value.errors] == [("/cycle", "cycle_differs")]
    assert proposed(entity_id, ann, replace(FULL, cycle=cycle)).cycle == cycle


def test_nobody_activates_what_they_have_proposed(entity_id: int) -> None:
    ann = a_person("ann")
    proposal = proposed(entity_id, ann)

    with pytest.raises(Forbidden, match="self_approval"):
        activated(proposal, ann)
    assert in_force(entity_id, COMING) is None


@pytest.mark.parametrize("role", ["support", "catalog"])
def test_only_a_person_of_finance_activates(entity_id: int, role: str) -> None:
    proposal = proposed(entity_id, a_person("ann"))

    with pytest.raises(Forbidden, match="approver_refused"):
        activated(proposal, a_person("cyd", role))
    assert in_force(entity_id, COMING) is None


def test_other_terms_than_those_shown_are_not_activated(entity_id: int) -> None:
    proposal = proposed(entity_id, a_person("ann"))

    with pytest.raises(Conflict, match="approval_changed"):
        activated(proposal, a_person("bob"), seen=b"\0" * 32)


def test_terms_that_differ_from_the_approved_payload_are_not_activated(entity_id: int) -> None:
    ann = a_person("ann")
    proposal = proposed(entity_id, ann)
    other = approvals.get(proposal.approval_id or 0).payload | {"issue_price": "0.000001"}
    transact(lambda: approvals.amend(proposal.approval_id or 0, other))

    with pytest.raises(Conflict, match="approval_changed"):
        activated(proposal, a_person("bob"))


def test_a_version_waits_at_a_time_and_the_same_form_proposes_once(entity_id: int) -> None:
    ann = a_person("ann")
    first = proposed(entity_id, ann)

    assert proposed(entity_id, ann) == first
    with pytest.raises(Conflict, match="agreement_waits"):
        proposed(entity_id, ann, key="2")
    with pytest.raises(Conflict, match="external_id_conflict"):
        proposed(entity_id, ann, on_issue("0.02"))


@pytest.mark.parametrize(("refused_by", "state"), [("ann", "withdrawn"), ("bob", "refused")])
def test_what_was_refused_or_withdrawn_stays_so_and_makes_room_for_another(
    entity_id: int, refused_by: str, state: str
) -> None:
    people = {name: a_person(name) for name in ("ann", "bob")}
    proposal = proposed(entity_id, people["ann"])
    acting(people[refused_by])

    refused = transact(lambda: terms.refuse(proposal.id, "Too dear"))

    assert refused.state == state
    with pytest.raises(Conflict, match="approval_closed"):
        activated(proposal, people["bob"])
    assert activated(proposed(entity_id, people["ann"], key="2"), people["bob"]).version == 2


def test_a_proposal_that_lapsed_is_refused(entity_id: int) -> None:
    proposal = proposed(entity_id, a_person("ann"))
    transact(lambda: execute("UPDATE approval SET expires_at = now()"))
    acting("system")

    transact(lambda: approvals.expire(10))

    assert transact(lambda: terms.get(proposal.id)).state == "refused"


def test_a_day_that_has_begun_is_not_taken_from_the_version_in_force(entity_id: int) -> None:
    transact(lambda: terms.agree(entity_id, on_issue("0.01"), starts_on=MAY))
    proposal = proposed(entity_id, a_person("ann"), starts_on=dt.date(2026, 6, 1))

    with pytest.raises(Conflict, match="agreement_in_use"):
        activated(proposal, a_person("bob"))


def test_a_proposal_says_why(entity_id: int) -> None:
    with pytest.raises(Invalid):
        proposed(entity_id, a_person("ann"), note=" ")


def test_of_two_that_activate_at_once_one_does_and_the_other_sees_it(live: Flask) -> None:
    entity_id = transact(lambda: partners.entities_of(a_partner(a_program()).id)[0]).id
    proposal = proposed(entity_id, a_person("ann"))
    bob, cyd = a_person("bob"), a_person("cyd")

    def tried(by: str) -> str:
        try:
            return activated(proposal, by).state
        except Conflict as refusal:
            return refusal.code

    outcomes = racing.at_once(live, [partial(tried, bob), partial(tried, cyd)])

    assert "active" in outcomes
    assert set(outcomes) <= {"active", "approval_closed"}
    assert in_force(entity_id, COMING) is not None
    assert broken_laws() == {}
