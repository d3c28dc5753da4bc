"""A promotion's life: drafted, approved by a second person, in force by its dates, paused, ended, rolled back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from coalition import programs, promotions
from coalition.kernel import approvals, audit, clock
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.builders import a_program
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.promotions.publishing.people import a_person, acting, reviewed


@pytest.fixture
def program(app: Flask) -> programs.Program:
    return transact(a_program)


@pytest.fixture
def people(app: Flask) -> tuple[str, str]:
    return a_person("writer"), a_person("publisher")


def _in_force(program: programs.Program) -> list[str]:
    found = transact(lambda: promotions.ruleset(program.id))
    return list(found.documents) if found else []


def _days(number: int) -> str:
    return (clock.now() + dt.timedelta(days=number)).isoformat()


def test_a_second_person_brings_a_draft_into_force(program: programs.Program, people: tuple[str, str]) -> None:
    writer, publisher = people

    found = reviewed(program.id, a_document(), writer, publisher)

    [version] = transact(lambda: promotions.versions(program.id, "five"))
    asked = transact(lambda: approvals.get(version.approval_id or 0))
    assert (found.phase, found.version, found.draft, found.approval_id) == ("active", 1, None, None)
    assert (asked.requested_by, asked.approver, asked.state) == (writer, publisher, "executed")
    assert asked.result == {"promotion": "five", "version": 1, "ruleset": 1}
    assert (version.document["effects"], version.actor) == ([a_credit()], publisher)
    assert _in_force(program) == ["five"]


def test_nobody_publishes_what_they_wrote_and_nobody_but_marketers_does(
    program: programs.Program, people: tuple[str, str]
) -> None:
    writer = people[0]

    with pytest.raises(Forbidden) as own:
        reviewed(program.id, a_document(), writer, writer)
    acting(a_person("helper", "support"))
    with pytest.raises(Forbidden) as other:
        transact(lambda: promotions.approve(program.id, "five"))

    assert (own.value.code, other.value.code) == ("self_approval", "approver_refused")
    assert _in_force(program) == []


def test_who_sends_a_draft_twice_asks_once_and_nobody_else_asks_for_it(
    program: programs.Program, people: tuple[str, str]
) -> None:
    writer = acting(people[0])
    transact(lambda: promotions.save_draft(program.id, "five", a_document(), actor=writer))
    first = transact(lambda: promotions.submit(program.id, "five", "please"))

    again = transact(lambda: promotions.submit(program.id, "five", "please"))

    assert again.approval_id == first.approval_id
    with pytest.raises(Conflict, match="in_review"):
        transact(lambda: promotions.submit(program.id, "five", "for another reason"))
    acting(people[1])
    with pytest.raises(Conflict, match="in_review"):
        transact(lambda: promotions.submit(program.id, "five", "please"))


def test_what_is_in_review_stands_still_until_it_is_sent_back(
    program: programs.Program, people: tuple[str, str]
) -> None:
    writer = acting(people[0])

    def save() -> promotions.Draft:
        return transact(lambda: promotions.save_draft(program.id, "five", a_document(), actor=writer))

    save()
    asked = transact(lambda: promotions.submit(program.id, "five", "please"))

    with pytest.raises(Conflict) as refusal:
        save()
    back = transact(lambda: promotions.reject(program.id, "five", "too generous"))

    assert (asked.phase, refusal.value.code, back.phase, back.approval_id) == ("review", "in_review", "draft", None)
    assert save().no == 2
    with pytest.raises(Conflict) as closed:
        transact(lambda: promotions.approve(program.id, "five"))
    assert closed.value.code == "approval_closed"


def test_a_draft_is_kept_however_unfinished_with_what_stands_in_its_way(
    program: programs.Program, people: tuple[str, str]
) -> None:
    writer = acting(people[0])
    unfinished = {"events": ["receipt.closed"], "effects": [{"kind": "points.credi", "currency": "BOM"}]}

    found = transact(lambda: promotions.save_draft(program.id, "five", unfinished, actor=writer))

    assert {one.pointer for one in found.problems} == {"/effects/0/kind", "/effects/0/currency", "/name"}
    with pytest.raises(Invalid) as refusal:
        transact(lambda: promotions.submit(program.id, "five", "please"))
    assert refusal.value.errors == found.problems
    again = transact(lambda: promotions.draft(program.id, "five"))
    assert (again.no, again.document["effects"]) == (1, unfinished["effects"])


def test_two_who_write_at_once_do_not_overwrite_each_other(program: programs.Program, people: tuple[str, str]) -> None:
    def save(seen: int | None, **facts: Any) -> promotions.Draft:
        document = a_document(**facts)
        return transact(lambda: promotions.save_draft(program.id, "five", document, actor=people[0], seen=seen))

    first = save(None)
    save(first.no, priority=1)

    with pytest.raises(Conflict) as refusal:
        save(first.no, priority=2)

    assert refusal.value.code == "draft_changed"
    assert transact(lambda: promotions.draft(program.id, "five")).document["priority"] == 1


def test_a_draft_beside_what_is_published_changes_nothing_until_it_is_approved(
    program: programs.Program, people: tuple[str, str]
) -> None:
    reviewed(program.id, a_document(), *people)
    transact(lambda: promotions.save_draft(program.id, "five", a_document(priority=3), actor=people[0]))
    before = transact(lambda: promotions.one(program.id, "five"))

    after = reviewed(program.id, a_document(priority=4), *people)

    assert (before.phase, before.document.get("priority"), before.draft and before.draft["priority"]) == (
        "active",
        None,
        3,
    )
    assert (after.version, after.document["priority"], after.draft) == (2, 4, None)


def test_dates_alone_make_a_promotion_scheduled_active_or_ended(program: programs.Program) -> None:
    documents = [
        a_document("coming", **{"from": _days(1), "to": _days(2)}),
        a_document("now", **{"from": _days(-1), "to": _days(1)}),
        a_document("over", **{"from": _days(-2), "to": _days(-1)}),
    ]

    found = transact(lambda: promotions.publish(program.id, documents, actor=ACTOR, since=clock.now()))

    phases = {one.code: one.phase for one in transact(lambda: promotions.listed(program.id))}
    assert phases == {"coming": "scheduled", "now": "active", "over": "ended"}
    assert list(found.documents) == ["coming", "now"]
    assert [one.code for one in transact(lambda: promotions.listed(program.id, "scheduled"))] == ["coming"]


def test_pausing_resuming_and_ending_each_publish_a_ruleset(program: programs.Program, people: tuple[str, str]) -> None:
    reviewed(program.id, a_document("five"), *people)
    reviewed(program.id, a_document("two"), *people)
    steps: list[Callable[..., promotions.Promotion]] = [promotions.pause, promotions.resume, promotions.end]

    told = [(transact(lambda step=step: step(program.id, "five")).phase, _in_force(program)) for step in steps]
    put_away = transact(lambda: promotions.archive(program.id, "five"))

    assert told == [("paused", ["two"]), ("active", ["five", "two"]), ("ended", ["two"])]
    assert put_away.phase == "archived"
    assert [one.code for one in transact(lambda: promotions.listed(program.id))] == ["two"]
    page = transact(lambda: promotions.rulesets(program.id, limit=3))
    assert [(one.no, one.note, one.promotions) for one in page.items] == [
        (5, "end five", 1),
        (4, "resume five", 2),
        (3, "pause five", 1),
    ]
    rest = transact(lambda: promotions.rulesets(program.id, page.next_cursor))
    assert [one.no for one in rest.items] == [2, 1]


@pytest.mark.parametrize("step", [promotions.resume, promotions.archive])
def test_a_step_that_does_not_follow_changes_nothing(
    program: programs.Program, step: Callable[..., promotions.Promotion]
) -> None:
    transact(lambda: promotions.publish(program.id, [a_document()], actor=ACTOR))

    with pytest.raises(Conflict) as refusal:
        transact(lambda: step(program.id, "five"))
    with pytest.raises(NotFound):
        transact(lambda: step(program.id, "six"))

    assert (refusal.value.code, refusal.value.extra) == ("bad_phase", {"phase": "active"})
    assert transact(lambda: promotions.ruleset(program.id)).no == 1  # type: ignore[union-attr]


def test_an_earlier_ruleset_comes_back_word_for_word(program: programs.Program) -> None:
    tobacco = {"f": "category", "op": "eq", "v": "tobacco"}
    groups = {"mult": {"mode": "best", "scope": "line"}}

    def publish(*documents: dict[str, Any], **more: Any) -> promotions.Ruleset:
        return transact(lambda: promotions.publish(program.id, documents, actor=ACTOR, **more))

    first = publish(a_document("five", group="mult"), a_document("two"), groups=groups)
    changed = {"groups": {"mult": {"mode": "all"}}, "setting": promotions.Setting(tobacco)}
    publish(a_document("five", group="mult", priority=9), a_document("six"), **changed)

    back = transact(lambda: promotions.rollback(program.id, 1))

    assert (back.no, back.sha256, back.documents) == (3, first.sha256, first.documents)
    found = {one.code: (one.phase, one.version) for one in transact(lambda: promotions.listed(program.id))}
    assert found == {"five": ("active", 1), "two": ("active", 1), "six": ("paused", 1)}
    assert transact(lambda: promotions.groups_of(program.id)) == groups
    assert transact(lambda: promotions.setting(program.id)) == promotions.Setting()
    with pytest.raises(NotFound):
        transact(lambda: promotions.rollback(program.id, 9))


def test_a_test_that_a_promotion_carries_has_to_pass(program: programs.Program, people: tuple[str, str]) -> None:
    receipt = {
        "type": "receipt.closed",
        "occurred_at": "2026-11-18T09:00:00Z",
        "payload": {"lines": [{"no": 1, "amount": 10_000}]},
    }
    test: dict[str, Any] = {"name": "a hundred", "event": receipt, "effects": [{"units": 500}]}
    reviewed(program.id, a_document(tests=[test]), *people)
    wrong = a_document("two", a_credit(bp=200), tests=[test])

    with pytest.raises(Invalid) as refusal:
        reviewed(program.id, wrong, *people)
    with pytest.raises(Invalid) as published:
        transact(lambda: promotions.publish(program.id, [wrong], actor=ACTOR))

    assert (refusal.value.code, published.value.code) == ("tests_failed", "tests_failed")
    assert [(one.pointer, one.code) for one in refusal.value.errors] == [("/tests/0", "test_failed")]
    assert _in_force(program) == ["five"]
    [tried] = transact(lambda: promotions.try_tests(program.id, wrong))
    assert (tried.name, tried.passed, tried.found[0]["units"]) == ("a hundred", False, 200)


def test_what_was_done_to_a_promotion_is_in_the_audit_trail(program: programs.Program, people: tuple[str, str]) -> None:
    found = reviewed(program.id, a_document(), *people)
    transact(lambda: promotions.pause(program.id, "five", "a mistake"))

    trail = transact(lambda: audit.trail(f"promotion:{found.id}", None, 50))

    assert [(one.action, one.actor) for one in reversed(trail)] == [
        ("promotion.draft", people[0]),
        ("promotion.submit", people[0]),
        ("promotion.version", people[1]),
        ("promotion.publish", people[1]),
        ("promotion.pause", people[1]),
    ]
    [paused, published] = transact(lambda: audit.trail(f"program:{program.id}", None, 2))
    assert (paused.details["no"], paused.details["note"], published.details["no"]) == (2, "a mistake", 1)


def test_promotions_are_found_by_a_part_of_their_name(program: programs.Program) -> None:
    names = {"name": {"en": "Coffee card", "ru": "Кофейная карта"}}
    transact(lambda: promotions.publish(program.id, [a_document(), a_document("cc", **names)], actor=ACTOR))

    found = [[one.code for one in transact(lambda q=q: promotions.listed(program.id, q=q))] for q in ("КОФЕ", "five")]

    assert found == [["cc"], ["five"]]
    rows = transact(lambda: fetch_all("SELECT DISTINCT phase FROM promotion_now"))
    assert [row.phase for row in rows] == ["active"]
