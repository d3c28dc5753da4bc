"""A ruleset is all that is in force: published at once, numbered without a gap, and never rewritten."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from coalition import programs, promotions
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import Invalid
from coalition.promotions import engine
from tests.builders import a_partner, a_program
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.counting import statements

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def program() -> programs.Program:
    return a_program()


def _publish(program: programs.Program, *documents: dict[str, Any], **facts: Any) -> promotions.Ruleset:
    return promotions.publish(program.id, documents, actor=ACTOR, **facts)


def test_a_program_has_no_ruleset_until_one_is_published(program: programs.Program) -> None:
    assert promotions.ruleset(program.id) is None

    published = _publish(program, a_document())

    found = promotions.ruleset(program.id)
    assert found is not None
    assert (found.no, found.id, found.sha256) == (1, published.id, published.sha256)
    assert found.program["currencies"] == {"EUR": {"unit_minor": 1}, "BON": {"unit_minor": 1}}
    assert found.program["tz"] == "Europe/Riga"
    assert len(found.program["draw_secret"]) == 64


def test_a_ruleset_runs_in_the_engine_as_it_is(program: programs.Program) -> None:
    found = _publish(program, a_document("five"), a_document("two", a_credit(bp=200), priority=5))
    receipt = {
        "id": "r1",
        "type": "receipt.closed",
        "occurred_at": "2026-11-18T09:00:00Z",
        "payload": {"lines": [{"no": 1, "amount": 10_000}]},
    }

    result = engine.run_indexed(found.program, found.index, receipt, {})

    assert [(one["promotion"], one["units"]) for one in result.effects] == [("two", 200), ("five", 500)]
    assert list(found.documents) == ["two", "five"]


def test_what_is_published_again_is_the_same_version_and_something_new_another(program: programs.Program) -> None:
    first = _publish(program, a_document())
    again = _publish(program, a_document())
    changed = _publish(program, a_document(priority=7))

    versions = [one.documents["five"]["version"] for one in (first, again, changed)]
    assert versions == [1, 1, 2]
    assert [one.no for one in (first, again, changed)] == [1, 2, 3]


def test_what_is_left_out_of_a_ruleset_is_paused(program: programs.Program) -> None:
    _publish(program, a_document("five"), a_document("two"))

    found = _publish(program, a_document("two"))

    states = fetch_all("SELECT code, phase FROM promotion_now WHERE program_id = :id", {"id": program.id})
    assert list(found.documents) == ["two"]
    assert {row.code: row.phase for row in states} == {"five": "paused", "two": "active"}


def test_a_late_receipt_finds_the_ruleset_of_its_day(program: programs.Program) -> None:
    now = clock.now()
    first = _publish(program, a_document())
    second = _publish(program, a_document(priority=7), since=now - dt.timedelta(days=3))

    at = {days: promotions.ruleset(program.id, now - dt.timedelta(days=days)) for days in (0, 2, 4, 9_000)}

    assert {days: one and one.no for days, one in at.items()} == {0: 2, 2: 2, 4: 1, 9_000: 1}
    assert (first.since.year, second.since) == (2000, now - dt.timedelta(days=3))
    with pytest.raises(Invalid) as refusal:
        _publish(program, a_document(), since=now - dt.timedelta(days=4))
    assert refusal.value.errors[0].code == "too_early"


def test_a_bad_document_publishes_nothing_and_every_fault_is_named(program: programs.Program) -> None:
    a_partner(program, "bean")
    _publish(program, a_document("good"))
    bad = a_document(
        "bad/code",
        a_credit(currency="BONN", bp=100),
        group="mult",
        campaign="spring",
        sponsor=[{"partner": "beam", "weight": 1}, {"partner": "bean", "weight": 2}],
        piority=3,
        when={"f": "event.weekday", "op": "gte", "v": "six"},
    )

    with pytest.raises(Invalid) as refusal:
        _publish(program, a_document("good", priority=1), bad)

    told = {one.pointer: (one.code, one.detail) for one in refusal.value.errors}
    assert {pointer: code for pointer, (code, _) in told.items()} == {
        "/1/id": "invalid",
        "/1/piority": "unknown_field",
        "/1/campaign": "unknown_campaign",
        "/1/group": "unknown_group",
        "/1/effects/0/currency": "unknown_currency",
        "/1/sponsor/0/partner": "unknown_partner",
        "/1/when/v": "wrong_type",
    }
    assert "Did you mean priority?" in told["/1/piority"][1]
    assert "Did you mean BON?" in told["/1/effects/0/currency"][1]


def test_groups_come_with_the_ruleset(program: programs.Program) -> None:
    found = _publish(program, a_document(group="mult"), groups={"mult": {"mode": "best", "scope": "line"}})

    assert found.program["groups"] == {"mult": {"mode": "best", "scope": "line"}}


def test_what_the_program_excludes_is_in_force_with_the_next_ruleset(program: programs.Program) -> None:
    tobacco = {"f": "category", "op": "eq", "v": "tobacco"}
    promotions.change_setting(program.id, exclude=tobacco, earn_on="gross")

    first = _publish(program, a_document())
    second = _publish(program, a_document(), setting=promotions.Setting())

    assert (first.program["exclude"], first.program["earn_on"]) == (tobacco, "gross")
    assert (second.program["exclude"], second.program["earn_on"]) == (None, "money")
    with pytest.raises(Invalid) as refusal:
        promotions.change_setting(program.id, exclude={"f": "category"}, earn_on="gros")
    assert [one.pointer for one in refusal.value.errors] == ["/exclude/op", "/earn_on"]


@pytest.mark.parametrize(
    "crime",
    [
        "UPDATE ruleset SET note = 'x'",
        "DELETE FROM ruleset",
        "UPDATE promotion_version SET actor = 'x'",
        "DELETE FROM promotion_version",
        "DELETE FROM promotion",
        "INSERT INTO ruleset (program_id, no, since, document, sha256, note, actor)"
        " SELECT program_id, 9, since, '{}', sha256, note, actor FROM ruleset",
    ],
)
def test_history_is_not_rewritten(program: programs.Program, crime: str) -> None:
    _publish(program, a_document())

    with pytest.raises(DBAPIError):
        execute(crime)


def test_two_documents_of_one_code_are_refused(program: programs.Program) -> None:
    with pytest.raises(Invalid) as refusal:
        _publish(program, a_document("two"), a_document("five"), a_document("five", priority=1))

    assert [(one.pointer, one.code) for one in refusal.value.errors] == [("/2/id", "code_in_use")]
    assert promotions.ruleset(program.id) is None


def test_many_are_published_in_as_many_statements_as_a_few(program: programs.Program) -> None:
    asked: list[int] = []

    for many in (2, 40):
        with statements() as sent:
            _publish(program, *(a_document(f"p{many}-{number}") for number in range(many)))
        asked.append(len(sent))

    assert 5 < asked[0] == asked[1]


def test_a_currency_whose_unit_is_no_whole_money_is_given_by_number_alone(program: programs.Program) -> None:
    names: dict[str, Any] = {"name_en": "miles", "name_ru": "мили"}
    programs.add_currency(program.id, "MIL", face_minor=Decimal("1.5"), kind="miles", **names)
    fixed, percent = a_credit("fixed", points=5, currency="MIL"), a_credit(bp=500, currency="MIL")

    assert _publish(program, a_document("miles", fixed)).no == 1
    for wrong in (a_document("p", percent), a_document("l", fixed, limits=[{"metric": "money", "value": 5}])):
        with pytest.raises(Invalid) as refusal:
            _publish(program, wrong)
        assert [one.code for one in refusal.value.errors] == ["currency_uneven"]
