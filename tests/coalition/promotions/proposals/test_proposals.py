"""A partner proposes, a marketer answers once; what a partner reads of the promotions in force."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import pytest
import time_machine
from flask import Flask

from coalition import access, letters, promotions
from coalition.jobs.letters import worded
from coalition.kernel import audit, clock, ids
from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, fetch_all, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.promotions import proposals
from tests import racing
from tests.coalition.promotions.proposals.builders import a_wish
from tests.coalition.promotions.publishing.builders import a_document
from tests.coalition.promotions.publishing.people import a_person, acting
from tests.coalition.purchases.builders import Shop, a_shop

PASSWORD = "correct horse battery"
PAYS = {"partner": "freshmart"}
AT_FRESHMART = {"f": "partner.id", "op": "eq", "v": "freshmart"}
AT_TWIN = {"f": "partner.id", "op": "in", "v": ["twin"]}


@pytest.fixture
def shop(app: Flask) -> Shop:
    """The shop that proposes."""
    return transact(lambda: a_shop(code="freshmart"))


@pytest.fixture
def twin(shop: Shop) -> Shop:
    """Another shop of its program."""
    return transact(lambda: a_shop(shop.program, code="twin", card="4276000087654321"))


def proposed(shop: Shop, **more: Any) -> int:
    """The number of a proposal of somebody of the shop, whose language is Russian."""
    owner, email = f"partner:{shop.partner.id}", f"anna@{shop.partner.code}.test"
    facts = {"program_id": shop.program.id, "language": "ru"}
    person = transact(lambda: access.create_user(email, PASSWORD, ["partner_admin"], owner, **facts))
    acting(f"user:{person.id}")
    return transact(lambda: proposals.propose(shop.program.id, shop.partner.id, a_wish(**more)))


def told() -> list[letters.Letter]:
    """The letters that wait, the oldest first."""
    rows = transact(lambda: fetch_all("SELECT id FROM letter WHERE kind LIKE 'proposal%' ORDER BY id"))
    found = [transact(lambda row=row: letters.opened(row.id)) for row in rows]
    return [one for one in found if one is not None]


def trail(number: int) -> list[str]:
    return [one.action for one in transact(lambda: audit.trail(f"proposal:{number}", None, 10))]


def test_what_is_proposed_waits_and_is_the_partner_s_own(shop: Shop, twin: Shop) -> None:
    number = proposed(shop, name=" Coffee\n weeks ", budget_minor=50_000)

    found = transact(lambda: proposals.get(number, program_id=shop.program.id, partner_id=shop.partner.id))
    others = transact(lambda: proposals.listed(shop.program.id, partner_id=twin.partner.id)).items

    assert (found.name, found.state, found.budget_minor, found.pays) == ("Coffee weeks", "waiting", 50_000, False)
    assert others == []
    assert transact(lambda: proposals.waiting(shop.program.id)) == 1
    with pytest.raises(NotFound):
        transact(lambda: proposals.get(number, program_id=shop.program.id, partner_id=twin.partner.id))
    assert trail(number) == ["proposal.made"]


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"name": " "}, "/name", "required"),
        ({"name": "x" * 201}, "/name", "too_long"),
        ({"words": ""}, "/words", "required"),
        ({"words": "x" * 2_001}, "/words", "too_long"),
        ({"ends_on": dt.date(2098, 12, 31)}, "/ends_on", "bad_days"),
        ({"begins_on": dt.date(2020, 1, 1), "ends_on": dt.date(2020, 1, 2)}, "/ends_on", "day_over"),
        ({"budget_minor": 0}, "/budget_minor", "amount"),
        ({"begins_on": dt.date(1, 1, 1)}, "/begins_on", "day"),
        ({"ends_on": dt.date(9999, 12, 31)}, "/ends_on", "day"),
    ],
)
def test_what_cannot_be_proposed_is_pointed_at(shop: Shop, wrong: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        transact(lambda: proposals.propose(shop.program.id, shop.partner.id, a_wish(**wrong)))

    assert [(one.pointer, one.code) for one in refused.value.errors] == [(pointer, code)]
    assert transact(lambda: proposals.waiting(shop.program.id)) == 0


def test_a_proposal_that_is_taken_up_begins_a_draft_with_all_that_it_says(shop: Shop) -> None:
    number = proposed(shop, pays=True)
    acting(a_person("marketer"))

    taken = transact(lambda: proposals.take_up(shop.program.id, number, "coffee-weeks"))

    draft = transact(lambda: promotions.draft(shop.program.id, "coffee-weeks"))
    assert (taken.state, taken.code, taken.reason) == ("taken", "coffee-weeks", None)
    assert draft.document == {
        "id": "coffee-weeks",
        "name": {"en": "Coffee weeks", "ru": "Coffee weeks"},
        "events": ["receipt.closed"],
        "from": "2098-12-31T22:00:00Z",
        "to": "2099-01-31T22:00:00Z",
        "when": AT_FRESHMART,
        "effects": [],
        "notes": "Double points on coffee",
        "sponsor": PAYS,
    }
    assert [one.pointer for one in draft.problems] == ["/effects"]
    assert trail(number) == ["proposal.taken", "proposal.made"]


def test_who_proposed_is_written_to_in_their_language(shop: Shop) -> None:
    number = proposed(shop)
    acting(a_person("marketer"))

    transact(lambda: proposals.decline(shop.program.id, number, " Too dear "))

    [letter] = told()
    mail = worded(letter)
    assert (letter.recipient, letter.language) == ("anna@freshmart.test", "ru")
    assert "отклонено" in mail.subject
    assert "Coffee weeks" in mail.text and "\nToo dear\n" in mail.text and "/portal/promotions/prp_" in mail.text


def test_marketers_who_may_sign_in_are_written_to_in_their_language(shop: Shop) -> None:
    people = {name: a_person(name, role) for name, role in (("m", "marketer"), ("gone", "marketer"), ("f", "finance"))}
    transact(lambda: access.switch_person(int(people["gone"].removeprefix("user:")), False))
    transact(lambda: execute("UPDATE user_account SET language = 'ru' WHERE email = 'm@example.com'"))

    number = proposed(shop)

    [letter] = told()
    mail = worded(letter)
    page = f"/console/promotions/proposals/{ids.public('prp', number)}?program={shop.program.code}"
    assert (letter.recipient, letter.language) == ("m@example.com", "ru")
    assert shop.partner.name in mail.subject and "предлагает" in mail.subject
    assert "Coffee weeks" in mail.text and page in mail.text


def test_marketers_are_written_to_once_for_what_waits_of_an_hour(shop: Shop, twin: Shop) -> None:
    a_person("m")

    def wish(at: Shop) -> int:
        return transact(lambda: proposals.propose(shop.program.id, at.partner.id, a_wish()))

    first, soon, _ = wish(shop), wish(shop), wish(twin)
    counts = [len(told())]
    for number in (first, soon):
        transact(lambda number=number: proposals.decline(shop.program.id, number, "Too dear"))
    wish(shop)
    counts.append(len(told()))
    with time_machine.travel(clock.now() + dt.timedelta(minutes=61)):
        wish(shop)
    counts.append(len(told()))

    assert counts == [2, 3, 4]


def test_who_may_not_sign_in_any_more_is_not_written_to(shop: Shop) -> None:
    number = proposed(shop)
    person = int(audit.origin().actor.removeprefix("user:"))
    transact(lambda: access.create_user("b@freshmart.test", PASSWORD, ["partner_admin"], f"partner:{shop.partner.id}",
                                        program_id=shop.program.id))  # fmt: skip
    acting(a_person("marketer"))
    transact(lambda: access.switch_person(person, False))

    transact(lambda: proposals.decline(shop.program.id, number, "Too dear"))

    assert told() == []


def test_a_proposal_of_somebody_who_is_gone_is_answered_all_the_same(shop: Shop) -> None:
    acting("user:987654321")
    number = transact(lambda: proposals.propose(shop.program.id, shop.partner.id, a_wish()))

    assert transact(lambda: proposals.decline(shop.program.id, number, "Too dear")).state == "declined"
    assert told() == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_proposal_is_not_declined_without_a_reason(shop: Shop, reason: str) -> None:
    number = proposed(shop)

    with pytest.raises(Invalid):
        transact(lambda: proposals.decline(shop.program.id, number, reason))

    assert transact(lambda: proposals.get(number, program_id=shop.program.id)).state == "waiting"


@pytest.mark.parametrize("code", ["", "no code", "five"])
def test_a_proposal_that_cannot_be_taken_up_waits_on(shop: Shop, code: str) -> None:
    number = proposed(shop)
    transact(lambda: promotions.publish(shop.program.id, [a_document("five")], actor="user:1"))

    with pytest.raises((Invalid, Conflict)):
        transact(lambda: proposals.take_up(shop.program.id, number, code))

    assert transact(lambda: proposals.get(number, program_id=shop.program.id)).state == "waiting"
    assert transact(lambda: promotions.one(shop.program.id, "five")).draft is None
    assert told() == []


def test_a_proposal_of_another_program_is_not_there(shop: Shop) -> None:
    number = proposed(shop)
    other = transact(lambda: a_shop(code="other"))

    with pytest.raises(NotFound):
        transact(lambda: proposals.decline(other.program.id, number, "Not ours"))


def test_a_proposal_is_decided_once_however_many_decide_at_once(fresh_database: Config) -> None:
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        shop = transact(lambda: a_shop(code="freshmart"))
        number, program = proposed(shop), shop.program.id
        takes = [partial(_take, program, number, f"p{at}") for at in range(4)]

        answers = racing.at_once(app, [*takes, *[partial(_decline, program, number)] * 4])

        found = transact(lambda: proposals.get(number, program_id=program))
        drafts = [one.code for one in transact(lambda: promotions.listed(program))]
        assert sorted(answers) == sorted(["proposal_decided"] * 7 + [found.code or "declined"])
        assert drafts == ([found.code] if found.code else [])
        assert len(told()) == 1
        db.session.remove()
        db.engine.dispose()


def _take(program_id: int, number: int, code: str) -> str | None:
    try:
        return transact(lambda: proposals.take_up(program_id, number, code)).code
    except Conflict as refusal:
        return refusal.code


def _decline(program_id: int, number: int) -> str:
    try:
        return transact(lambda: proposals.decline(program_id, number, "Too dear")).state
    except Conflict as refusal:
        return refusal.code


@pytest.mark.parametrize(
    ("facts", "concerns", "pays"),
    [
        ({}, True, False),
        ({"when": AT_FRESHMART}, True, False),
        ({"when": AT_TWIN}, False, False),
        ({"when": AT_TWIN, "sponsor": PAYS}, True, True),
        ({"sponsor": [{"partner": "freshmart", "weight": 1}, "operator"]}, True, True),
        ({"when": {"f": "partner.id", "op": "ne", "v": "freshmart"}}, False, False),
        ({"when": {"f": "partner.id", "op": "ne", "v": "twin"}}, True, False),
        ({"when": {"f": "partner.id", "op": "nin", "v": ["freshmart"]}}, False, False),
        ({"when": {"f": "store.id", "op": "eq", "v": "twin:S1"}}, False, False),
        ({"when": {"f": "store.id", "op": "in", "v": ["twin:S1", "freshmart:S1"]}}, True, False),
        ({"when": {"all": [AT_TWIN, {"f": "receipt.total", "op": "gte", "v": 5}]}}, False, False),
        ({"when": {"any": [AT_TWIN, AT_FRESHMART]}}, True, False),
        ({"when": {"f": "receipt.total", "op": "gte", "v": 5}}, True, False),
        ({"when": {"not": AT_FRESHMART}}, False, False),
        ({"when": {"not": AT_TWIN}}, True, False),
        ({"when": {"not": {"any": [AT_TWIN, AT_FRESHMART]}}}, False, False),
        ({"when": {"not": {"all": [AT_FRESHMART, {"f": "receipt.total", "op": "gte", "v": 5}]}}}, True, False),
        ({"when": {"not": {"f": "store.id", "op": "eq", "v": "freshmart:S1"}}}, True, False),
        ({"when": {"not": {"not": AT_TWIN}}}, False, False),
        ({"events": ["calendar.birthday"]}, False, False),
    ],
)
def test_a_promotion_concerns_whom_it_can_reach_and_who_pays_for_it(
    shop: Shop, twin: Shop, facts: dict[str, Any], concerns: bool, pays: bool
) -> None:
    transact(lambda: promotions.publish(shop.program.id, [a_document("five", **facts)], actor="user:1"))

    found = transact(lambda: proposals.concerning(shop.program.id, "freshmart"))

    assert [(one.code, one.pays) for one in found] == ([("five", pays)] if concerns else [])


def test_levels_concern_a_partner_where_one_of_them_can_reach_it(shop: Shop, twin: Shop) -> None:
    levels = [{"when": AT_TWIN, "effects": a_document()["effects"]}]
    document = {**a_document("levels"), "rules": levels}
    del document["effects"]
    transact(lambda: promotions.publish(shop.program.id, [document], actor="user:1"))

    both = [transact(lambda code=code: proposals.concerning(shop.program.id, code)) for code in ("freshmart", "twin")]

    assert [len(found) for found in both] == [0, 1]


def test_what_is_the_program_s_own_is_not_told(shop: Shop) -> None:
    limits = [
        {"metric": "units", "value": 1_000, "per": "member", "period": "week"},
        {"metric": "money", "value": 900_000, "per": "promotion", "period": "life"},
    ]
    own = {"audience": {"control_bp": 1_000}, "sponsor": "operator", "notes": "for us alone", "limits": limits}
    transact(lambda: promotions.publish(shop.program.id, [a_document("five", **own)], actor="user:1"))

    [found] = transact(lambda: proposals.concerning(shop.program.id, "freshmart"))

    assert set(found.document) == {"name", "events", "effects", "limits"}
    assert found.document["limits"] == limits[:1]


def test_what_is_paused_is_not_in_force(shop: Shop) -> None:
    transact(lambda: promotions.publish(shop.program.id, [a_document("five")], actor="user:1"))
    transact(lambda: promotions.pause(shop.program.id, "five", ""))

    assert transact(lambda: proposals.concerning(shop.program.id, "freshmart")) == []
