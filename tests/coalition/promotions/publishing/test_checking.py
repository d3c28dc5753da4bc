"""What has no problems can be evaluated: no document that passes stops a receipt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coalition.kernel.errors import Invalid
from coalition.promotions import engine
from coalition.promotions.publishing.checking import understood
from coalition.promotions.publishing.warning import warnings
from tests.coalition.promotions.publishing.builders import a_credit, a_document

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "promotions.json").read_text(encoding="utf-8"))["vectors"]
DOCUMENTS = [one for vector in VECTORS for one in vector["promotions"]]
EVENTS = [vector["event"] for vector in VECTORS]
PROGRAM = VECTORS[0]["program"]
GIFT = {"kind": "gift", "sku": "S"}
FULL = a_document(
    "full",
    a_credit("table", rows=[{"from": 0, "bp": 100}, {"from": 1_000, "points": 5}], mode="step"),
    {"kind": "discount", "calc": {"type": "bundle", "items": [{"where": {"all": []}, "qty": 2}], "price": 100}},
    {
        "kind": "progress.add",
        "achievement": "a",
        "by": {"type": "qty"},
        "target": 2,
        "on_complete": [{"kind": "gift", "sku": "S"}],
    },
    {"kind": "chance", "win_ppm": 500_000, "on_win": [{"kind": "badge.grant", "badge": "b"}]},
    {"kind": "draw.enter", "draw": "d", "each": 100, "tickets": 2},
    audience={"segments_any": ["vip"], "control_bp": 10, "communication": {"campaign": "a", "within_days": 3}},
    rules=[{"when": {"exists": "member.tier"}, "effects": [a_credit("fixed", points=3)]}],
    limits=[{"metric": "units", "value": 100, "per": "member", "period": "rolling:P7D"}],
)
LEAVES = (
    st.none() | st.booleans() | st.integers(-5, 20_000) | st.floats(0, 2) | st.sampled_from(["", "x", "gold", "eq"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["f", "op", "v", "all", "kind", "type", "from", "en"]), inner, max_size=3)
    ),
    max_leaves=5,
)

MESSAGE = {"kind": "message.send", "template": "thanks"}


@st.composite
def mutilated(draw: st.DrawFn) -> dict[str, Any]:
    """A good document with one or two of its places replaced, left out or added to."""
    document = json.loads(json.dumps(draw(st.sampled_from([FULL, *DOCUMENTS]))))
    for _ in range(draw(st.integers(1, 2))):
        place, key = draw(st.sampled_from(list(_places(document))))
        deed = draw(st.sampled_from(["replace", "drop"]))
        if deed == "replace":
            place[key] = draw(VALUES)
        else:
            del place[key]
    return document


@settings(max_examples=60)
@given(mutilated(), st.sampled_from(EVENTS))
@example({**FULL, "audience": []}, EVENTS[0])
def test_a_document_is_refused_or_evaluated_and_nothing_else(document: dict[str, Any], event: dict[str, Any]) -> None:
    try:
        found, problems = understood(document)
    except Invalid as refusal:
        assert refusal.errors
        return
    if problems or found is None:
        assert problems
        return

    engine.run(PROGRAM, [found], event, {})
    warnings(document, [FULL])


@pytest.mark.parametrize("document", [FULL, *DOCUMENTS], ids=lambda one: str(one["id"]))
def test_the_worked_examples_have_no_problems(document: dict[str, Any]) -> None:
    assert understood(document)[1] == []


@pytest.mark.parametrize(
    ("facts", "pointer", "said"),
    [
        ({"when": {"f": "event.weekdays", "op": "in", "v": [6]}}, "/when/f", "Did you mean event.weekday?"),
        ({"when": {"f": "event.weekday", "op": "starts", "v": "6"}}, "/when/op", ""),
        ({"when": {"all": [{"f": "member.tier", "op": "eq", "v": 3}]}}, "/when/all/0/v", ""),
        ({"rules": [{"when": {"exists": "membr.tier"}, "effects": []}]}, "/rules/0/when/exists", "member.tier"),
        (
            {"effects": [a_credit(bp=1, where={"exists": "categori"})]},
            "/effects/0/where/exists",
            "category",
        ),
        ({"name": None}, "/name", ""),
        ({"name": {"en": "Only English"}}, "/name", ""),
        ({"late": "maybe"}, "/late", "accept"),
        ({"effects": []}, "/effects", ""),
        ({"effects": [{"kind": "badge.grant"}]}, "/effects/0/badge", ""),
        ({"effects": [{"kind": "progress.add", "achievement": "a", "by": {"type": "luck"}}]}, "/0/by/type", ""),
        ({"effects": [{"kind": "progress.add", "achievement": "a", "period": "moon"}]}, "/0/period", ""),
        ({"effects": [{**MESSAGE, "channels": ["owl"]}]}, "/effects/0/channels", "email, sms, push, messenger"),
        ({"effects": [{**MESSAGE, "channels": [["sms"]]}]}, "/effects/0/channels", ""),
        ({"effects": [{**MESSAGE, "channels": ["sms", "sms"]}]}, "/effects/0/channels", ""),
        ({"effects": [{**MESSAGE, "channels": []}]}, "/effects/0/channels", ""),
        (
            {"effects": [{**MESSAGE, "quiet_hours": {"from": "22:00", "to": "24:00"}}]},
            "/effects/0/quiet_hours",
            "22:00",
        ),
        ({"effects": [{**MESSAGE, "quiet_hours": {"from": "8:00", "to": "22:00"}}]}, "/effects/0/quiet_hours", ""),
        ({"effects": [{**MESSAGE, "quiet_hours": "at night"}]}, "/effects/0/quiet_hours", ""),
        (
            {"effects": [{"kind": "chance", "win_ppm": 1, "on_win": [{**MESSAGE, "quiet_hours": {"from": "22:00"}}]}]},
            "/on_win/0/quiet_hours",
            "",
        ),
        (
            {"effects": [{"kind": "chance", "win_ppm": 1, "on_win": [{"kind": "coupon.issue"}]}]},
            "/on_win/0/template",
            "",
        ),
        ({"tests": [{"event": {}}]}, "/tests/0", ""),
        ({"audience": {"communication": {"state": "read"}}}, "/audience/communication", ""),
        ({"limits": [{"metric": "points", "value": 1}]}, "/limits/0/metric", "units"),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(facts: dict[str, Any], pointer: str, said: str) -> None:
    problems = understood({**a_document(), **facts}, strict=True)[1]

    assert [one.detail for one in problems if one.pointer.endswith(pointer)], problems
    assert said in " ".join(one.detail for one in problems)


def test_names_under_an_open_prefix_are_taken_as_they_come() -> None:
    asked = {
        "all": [{"f": "member.attrs.children", "op": "gte", "v": 2}, {"f": "payload.rating", "op": "eq", "v": "5"}]
    }

    assert understood(a_document(when=asked), strict=True)[1] == []


@pytest.mark.parametrize(
    "document", [[], None, {"a": "\0"}, {"a": "\ud800"}, {"a": float("nan")}, {"a": "x" * 200_001}]
)
def test_what_cannot_be_kept_is_refused(document: Any) -> None:
    with pytest.raises(Invalid):
        understood(document)


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in list(keys):
        yield node, key
        yield from _places(node[key])
