"""The one parser for every JSON body: what naive parsers answer with 500, or accept in silence, is refused here.

Source of the cases: the bad-input corpus of the reliability plan. A body that cannot be read is 400; a body that was
read but holds a value no field may have (2^63, NUL, lone surrogates, any float) is 422. Files have millions of such
bodies, so a plain one, which a look at the bytes tells, is taken without asking value by value; both ways come to the
same.
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any, NamedTuple, NoReturn

from coalition.kernel.errors import BadRequest, FieldError, Invalid, Refusal

MAX_BYTES = 2_000_000
MAX_DEPTH = 32
_MAX_DIGITS = 4_000
_INT64 = range(-(2**63), 2**63)
_LONG_NUMBER = re.compile(rb"[0-9]{19}")  # nothing shorter leaves 64 bits
_LONG_DIGITS = b"0" * 19
_ALIKE = bytes(b"0"[0] if byte in b"0123456789" else b" "[0] if byte in b"\t\n\r" else byte for byte in range(256))
_NO_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"\\'))
_NEXT_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+([\[\]{}])', re.DOTALL)
FORBIDDEN_TEXT = re.compile("[\x00\ud800-\udfff]")


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises BadRequest or Invalid; never anything else."""
    if len(body) > MAX_BYTES:
        raise BadRequest("body_too_large", f"A body may hold at most {MAX_BYTES} bytes.")
    plain = _plain(body)
    return _careful(body) if plain is None else plain


def _careful(body: bytes) -> dict[str, Any]:
    check_depth(body)
    misfits: list[_Misfit] = []
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=unique,
            parse_int=partial(_integer, misfits) if _LONG_NUMBER.search(body) else None,
            parse_float=partial(_float, misfits),
            parse_constant=partial(_float, misfits),
        )
    except UnicodeDecodeError as error:
        raise BadRequest("not_utf8", "This is not valid UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest("not_json", "This is not valid JSON.") from error
    if not isinstance(value, dict):
        raise BadRequest("not_an_object", "This must be a JSON object.")
    if misfits or b"\\u" in body:  # elsewhere UTF-8 and JSON allow neither NUL nor surrogates
        _check(value, "")
    return value


def countable(body: bytes) -> bool:
    """Whether every `":` in a body is sure to end a member's name or to begin a text with a colon.

    Without a backslash no text holds NUL, a surrogate or a quote. An object that has as many of them as its body: no
    name came twice. Nor does a number leave 64 bits.
    """
    if b"\\" in body:
        return False
    alike = body.translate(_ALIKE)
    return _LONG_DIGITS not in alike and b" :" not in alike


def _plain(body: bytes) -> dict[str, Any] | None:
    """The object in a body of which everything is certain at a look; None where there is any doubt."""
    if not countable(body):
        return None
    try:
        text = body.decode("utf-8")
        value, end = _scan(text, 0)
        certain = end == len(text) and type(value) is dict and _members(value, MAX_DEPTH) == body.count(b'":')
    except (ValueError, StopIteration, RecursionError, Refusal):
        return None
    return value if certain else None


def _members(value: dict[str, Any] | list[Any], levels: int) -> int:
    """How many members the objects in `value` have. Raises ValueError for more levels than allowed."""
    if not levels:
        raise ValueError
    found, inner = (len(value), value.values()) if type(value) is dict else (0, value)
    for one in inner:
        if type(one) is dict or type(one) is list:
            found += _members(one, levels - 1)
    return found


def check_depth(body: bytes) -> None:
    """Raise BadRequest for a body that nests too deep, before anybody parses it."""
    # strings collapse to nothing, but one with a bracket or a backslash leaves a quote: then every string is read
    bare = body.translate(None, _NO_STRUCTURE).replace(b'""', b"")
    if b'"' in bare:
        _count_depth(body)
    elif len(bare) > 2 * MAX_DEPTH:
        _count_depth(bare)


def _count_depth(body: bytes) -> None:
    depth = position = 0
    while found := _NEXT_BRACKET.match(body, position):
        position = found.end()
        depth += 1 if found[1] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise BadRequest("too_deep", f"A body may nest at most {MAX_DEPTH} levels.")


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these members. Raises BadRequest for a name that comes twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("duplicate_key", "An object names the same member twice.")
    return found


class _Misfit(NamedTuple):
    """A number that no field may have, kept until it is known where it stands."""

    code: str
    detail: str


def _integer(misfits: list[_Misfit], digits: str) -> int | _Misfit:
    if len(digits) > _MAX_DIGITS:
        raise BadRequest("number_too_long", "A number has too many digits.")
    value = int(digits)
    if value in _INT64:
        return value
    misfits.append(_Misfit("out_of_range", "An integer must fit into 64 bits."))
    return misfits[-1]


def _float(misfits: list[_Misfit], text: str) -> _Misfit:
    detail = f"{text[:40]} is not an integer; amounts are integers in minor units."
    misfits.append(_Misfit("not_an_integer", detail))
    return misfits[-1]


def _no_float(text: str) -> NoReturn:
    raise ValueError(text)


def _check(value: Any, pointer: str) -> None:
    """Raise for the first number or text that no field may have, and say where it is."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _check(key, pointer)
            _check(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            _check(inner, f"{pointer}/{at}")
    elif isinstance(value, _Misfit):
        raise _wrong(pointer, value.code, value.detail)
    elif isinstance(value, str) and FORBIDDEN_TEXT.search(value):
        raise _wrong(pointer, "forbidden_character", "A text may hold neither NUL nor a lone surrogate.")


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid", "The body holds a value that no field may have.", [FieldError(pointer, code, detail)])


_scan: Any = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).scan_once  # type: ignore[attr-defined]
