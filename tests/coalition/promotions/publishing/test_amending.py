"""What promotions have in common: changed at once while nothing depends on it, by two people afterwards."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from coalition import programs, promotions
from coalition.kernel import approvals, clock
from coalition.kernel.db import transact
from coalition.kernel.errors import Forbidden, Invalid, NotFound
from tests.builders import a_partner, a_program
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.promotions.publishing.people import a_person, acting

AUTUMN = promotions.Campaign(
    "autumn",
    "Autumn",
    "Осень",
    ends_at=clock.now().replace(microsecond=0) + dt.timedelta(days=30),
    segments_any=("vip",),
    control_bp=1_000,
    communication={"campaign": "autumn", "state": "delivered"},
    budget={"metric": "money", "value": 500_000},
    sponsor=[{"partner": "bean", "weight": 7}, {"partner": "operator", "weight": 3}],
)


@pytest.fixture
def program(app: Flask) -> programs.Program:
    def work() -> programs.Program:
        made = a_program()
        a_partner(made, "bean")
        return made

    return transact(work)


def _publish(program: programs.Program, *documents: dict[str, Any], **more: Any) -> promotions.Ruleset:
    return transact(lambda: promotions.publish(program.id, documents, actor=ACTOR, **more))


def test_a_campaign_is_compiled_into_its_promotions(program: programs.Program) -> None:
    transact(lambda: promotions.save_campaign(program.id, AUTUMN))

    found = _publish(program, a_document(campaign="autumn", audience={"segments_any": ["new"]}))

    document = found.documents["five"]
    [promotion] = found.promotions
    assert transact(lambda: promotions.campaign(program.id, "autumn")) == AUTUMN
    assert promotion.ends == AUTUMN.ends_at
    assert (promotion.control_bp, promotion.segments_any) == (1_000, {"new"})
    assert document["when"] == {"f": "member.segments", "op": "has_any", "v": ["vip"]}
    assert document["limits"] == [
        {"metric": "money", "value": 500_000, "on_exceed": "clamp", "per": "campaign", "period": "campaign"}
    ]
    assert document["sponsor"] == AUTUMN.sponsor
    assert document["audience"]["communication"] == AUTUMN.communication


def test_a_campaign_that_is_in_force_is_changed_by_two(program: programs.Program) -> None:
    transact(lambda: promotions.save_campaign(program.id, AUTUMN))
    before = _publish(program, a_document(campaign="autumn"))
    acting(a_person("writer"))
    asked = transact(lambda: promotions.save_campaign(program.id, replace(AUTUMN, control_bp=0), "no control"))
    assert asked is not None
    with pytest.raises(Forbidden):
        transact(lambda: approvals.approve(asked.id))
    unchanged = transact(lambda: promotions.campaign(program.id, "autumn"))

    acting(a_person("publisher"))
    transact(lambda: approvals.approve(asked.id))
    done = transact(lambda: approvals.execute(asked.id))

    after = transact(lambda: promotions.ruleset(program.id))
    assert (unchanged, asked.subject, done.result) == (AUTUMN, f"program:{program.id}", {"ruleset": 2})
    assert after is not None
    assert [one.promotions[0].control_bp for one in (before, after)] == [1_000, 0]
    assert after.note == "no control"


def test_a_group_in_use_and_what_is_excluded_are_changed_by_two(program: programs.Program) -> None:
    tobacco = {"f": "category", "op": "eq", "v": "tobacco"}
    free = transact(lambda: promotions.set_group(program.id, "mult", mode="best", scope="line"))
    _publish(program, a_document(group="mult"))
    acting(a_person("writer"))

    asked = [
        transact(lambda: promotions.set_group(program.id, "mult", mode="all")),
        transact(lambda: promotions.change_setting(program.id, exclude=tobacco)),
    ]
    acting(a_person("publisher"))
    for one in asked:
        assert one is not None
        transact(lambda one=one: approvals.approve(one.id))
        transact(lambda one=one: approvals.execute(one.id))

    found = transact(lambda: promotions.ruleset(program.id))
    assert found is not None
    assert (free, found.no, found.program["exclude"]) == (None, 3, tobacco)
    assert found.program["groups"] == {"mult": {"mode": "all", "scope": "receipt"}}


def test_a_change_that_breaks_a_promotions_test_is_not_made(program: programs.Program) -> None:
    receipt = {
        "type": "receipt.closed",
        "occurred_at": "2026-11-18T09:00:00Z",
        "payload": {"lines": [{"no": 1, "amount": 10_000, "category": "tobacco"}]},
    }
    _publish(program, a_document(tests=[{"event": receipt, "effects": [{"units": 500}]}]))
    acting(a_person("writer"))
    tobacco = {"f": "category", "op": "eq", "v": "tobacco"}
    asked = transact(lambda: promotions.change_setting(program.id, exclude=tobacco))
    assert asked is not None
    acting(a_person("publisher"))
    transact(lambda: approvals.approve(asked.id))

    with pytest.raises(Invalid) as refusal:
        transact(lambda: approvals.execute(asked.id))

    assert refusal.value.code == "tests_failed"
    assert transact(lambda: promotions.setting(program.id)) == promotions.Setting()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"code": "no code"}, "/code"),
        ({"name_ru": ""}, "/name_ru"),
        ({"starts_at": AUTUMN.ends_at}, "/ends_at"),
        ({"control_bp": 9_500}, "/control_bp"),
        ({"segments_none": ("",)}, "/segments_none"),
        ({"communication": {"state": "read"}}, "/communication"),
        ({"communication": {"campaign": "autumn", "within_days": 0}}, "/communication/within_days"),
        ({"budget": {"metric": "money"}}, "/budget/value"),
        ({"budget": {"metric": "points", "value": 1}}, "/budget/metric"),
        ({"budget": {"metric": "units", "value": 1, "on_exceed": "stop"}}, "/budget/on_exceed"),
        ({"budget": {"metric": "units", "value": 1, "per": "member"}}, "/budget/per"),
        ({"sponsor": {"partner": "been"}}, "/sponsor/partner"),
        ({"sponsor": {"partner": "bean", "share": 1}}, "/sponsor/share"),
        ({"sponsor": {"partner": "bean", "weight": 0}}, "/sponsor/weight"),
    ],
)
def test_what_is_wrong_with_a_campaign_is_named(program: programs.Program, wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        transact(lambda: promotions.save_campaign(program.id, replace(AUTUMN, **wrong)))

    assert [one.pointer for one in refusal.value.errors] == [pointer]
    with pytest.raises(NotFound):
        transact(lambda: promotions.campaign(program.id, "autumn"))
