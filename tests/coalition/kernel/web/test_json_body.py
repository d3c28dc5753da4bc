"""The hardened JSON parser against the corpus, and against what it must let through."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coalition.kernel.errors import BadRequest, Invalid, Refusal
from coalition.kernel.web.json_body import MAX_BYTES, MAX_DEPTH, _careful, _plain, parse_object
from tests.bad_input import CORPUS

FIELD_LEVEL = {"negative amount", "true for a number", "text for a number", "Arabic digit", "digits with underscore"}
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("name", sorted(set(CORPUS) - FIELD_LEVEL))
def test_what_no_field_may_hold_is_refused_by_the_parser(name: str) -> None:
    body, statuses = CORPUS[name]

    with pytest.raises(Refusal) as refusal:
        parse_object(body)

    assert refusal.value.status in statuses


@given(st.dictionaries(_texts, _values, max_size=5))
def test_every_decent_object_comes_through_unchanged(value: dict) -> None:
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value


_PIECES = r"""
"a" "b" ":" ":x" "" "a"_ : : _: , , { } { } [ ] 1 1.5 null NaN 9999999999999999999 \u0000 "\"" _ é
"""
_pieces = st.sampled_from(_PIECES.split()).map(lambda piece: piece.replace("_", " "))


@given(st.lists(_pieces, max_size=14).map(lambda pieces: "{" + "".join(pieces) + "}"))
@example('{"a" :1,"a":":"}')
@example('{"a":1,"b":{"a":2,"a":":"}}')
def test_what_is_taken_at_a_look_is_what_the_careful_way_finds(text: str) -> None:
    body = text.encode()

    found = _plain(body)

    if found is not None:
        assert found == _careful(body)


def test_a_plain_receipt_is_taken_at_a_look() -> None:
    assert _plain(json.dumps({"at": "2026-11-20T09:30:00Z", "lines": [{"no": 1}, {"no": 2}]}).encode())
    assert _plain(b'{"a":1,"a":2}') is None


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_but_a_refusal(body: bytes) -> None:
    try:
        assert isinstance(parse_object(body), dict)
    except Refusal as refusal:
        assert refusal.status in (400, 422)


def test_brackets_inside_texts_do_not_count_as_depth() -> None:
    assert parse_object(json.dumps({"a": "[" * 1000 + '\\"' + "{" * 1000}).encode())


def test_the_deepest_allowed_body_is_allowed() -> None:
    levels = MAX_DEPTH - 1
    assert parse_object(b'{"a":' + b"[" * levels + b"]" * levels + b"}")
    with pytest.raises(BadRequest):
        parse_object(b'{"a":' + b"[" * (levels + 1) + b"]" * (levels + 1) + b"}")


def test_a_body_above_the_limit_is_refused_unread() -> None:
    with pytest.raises(BadRequest, match="body_too_large"):
        parse_object(b" " * (MAX_BYTES + 1))


def test_a_forbidden_character_is_pointed_at() -> None:
    with pytest.raises(Invalid) as refusal:
        parse_object(b'{"lines":[{"name":"a\\u0000"}]}')

    assert refusal.value.errors[0].pointer == "/lines/0/name"


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b'{"lines":[{"no":1},{"amount":9223372036854775808}]}', "out_of_range", "/lines/1/amount"),
        (b'{"lines":[{"amount":1.5}]}', "not_an_integer", "/lines/0/amount"),
        (b'{"a/b~":NaN}', "not_an_integer", "/a~1b~0"),
    ],
)
def test_a_number_that_no_field_may_have_is_pointed_at(body: bytes, code: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_object(body)

    assert [(one.code, one.pointer) for one in refusal.value.errors] == [(code, pointer)]


@pytest.mark.parametrize("key", ['"a"', '"\\"]\\""', '"]]]"', '"\\\\"', '"x\\\\\\"}"'])
@pytest.mark.parametrize(("depth", "fits"), [(31, True), (32, False), (900, False)])
def test_brackets_and_quotes_in_texts_neither_hide_nor_feign_depth(key: str, depth: int, fits: bool) -> None:
    body = ('{"a":' + f"[{key}," * depth + "1" + "]" * depth + "}").encode()

    if fits:
        assert parse_object(body)["a"]
    else:
        with pytest.raises(BadRequest, match="too_deep"):
            parse_object(body)


@pytest.mark.parametrize("body", [b" " * 1_999_998 + b'"', b'"' * 1_999_999, b'"\\' * 999_000, b'[""' * 600_000])
def test_the_parser_takes_no_more_than_a_moment_for_any_two_megabytes(body: bytes) -> None:
    started = time.process_time()

    with pytest.raises(BadRequest):
        parse_object(body)

    assert time.process_time() - started < 1.5
