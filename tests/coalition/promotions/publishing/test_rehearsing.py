"""A rehearsal runs like the ruleset that publishing would make, and changes nothing."""

from __future__ import annotations

import json

import pytest

from coalition import programs, promotions
from coalition.kernel.errors import Invalid
from tests.builders import a_program
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def program() -> programs.Program:
    return a_program()


def test_a_rehearsal_is_what_publishing_would_put_in_force(program: programs.Program) -> None:
    promotions.publish(program.id, [a_document("kept"), a_document("new"), a_document("old")], actor=ACTOR)
    draft = a_document("new", a_credit(bp=900))

    tried = promotions.rehearse(program.id, [draft], without=["old"])
    before = promotions.ruleset(program.id)
    published = promotions.publish(program.id, [a_document("kept"), draft], actor=ACTOR)

    assert before is not None and (tried.ruleset_id, before.no) == (before.id, 1)
    assert tried.program == published.program
    assert {one.id: one.effects for one in tried.promotions} == {one.id: one.effects for one in published.promotions}
    assert [one.id for one in tried.index.ordered] == [one.id for one in published.index.ordered]


def test_a_rehearsal_is_kept_without_the_secret_of_draws_and_read_back_the_same(program: programs.Program) -> None:
    promotions.publish(program.id, [a_document("kept")], actor=ACTOR)
    tried = promotions.rehearse(program.id, [a_document("new")])

    again = promotions.rehearsal_of(program.id, json.loads(json.dumps(tried.stored())))

    assert "draw_secret" not in tried.stored()["program"]
    assert (again.sha256, again.program) == (tried.sha256, tried.program)


def test_a_draft_of_the_future_can_be_tried_on_the_past(program: programs.Program) -> None:
    audience = {"control_bp": 1_000, "communication": {"campaign": "autumn"}}
    draft = a_document("later", **{"from": "2030-01-01T00:00:00Z", "to": "2030-02-01T00:00:00Z", "audience": audience})

    (dated,) = promotions.rehearse(program.id, [draft]).promotions
    (always,) = promotions.rehearse(program.id, [draft], always=True).promotions

    assert (dated.begins is None, dated.communication) == (False, {"campaign": "autumn"})
    assert (always.begins, always.ends, always.communication, always.control_bp) == (None, None, None, 1_000)


def test_the_ruleset_in_force_is_found_by_its_number_even_when_another_has_come(program: programs.Program) -> None:
    first = promotions.publish(program.id, [a_document("first")], actor=ACTOR)
    promotions.publish(program.id, [a_document("second")], actor=ACTOR)

    assert list(promotions.ruleset_by_id(program.id, first.id).documents) == ["first"]
    assert promotions.ruleset_by_id(program.id, None).promotions == ()


def test_what_is_wrong_with_a_draft_is_named(program: programs.Program) -> None:
    with pytest.raises(Invalid) as refusal:
        promotions.rehearse(program.id, [a_document("good"), a_document("bad", group="nowhere")])

    assert [one.pointer for one in refusal.value.errors] == ["/1/group"]
