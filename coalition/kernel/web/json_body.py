"""The one parser for every JSON body: what naive parsers answer with 500, or accept in silence, is refused here.

Source of the cases: the bad-input corpus of the reliability plan. A body that cannot be read is 400; a body that was
read but holds a value no field may have (2^63, NUL, lone surrogates, any float) is 422. Files have millions of such
bodies, so what a look at the bytes can rule out is not searched for value by value.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from coalition.kernel.errors import BadRequest, FieldError, Invalid

MAX_BYTES = 2_000_000
MAX_DEPTH = 32
_MAX_DIGITS = 4_000
_INT64 = range(-(2**63), 2**63)
_LONG_NUMBER = re.compile(rb"[0-9]{19}")  # nothing shorter leaves 64 bits
_NO_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"\\'))
_NEXT_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+([\[\]{}])', re.DOTALL)
_FORBIDDEN_TEXT = re.compile("[\x00\ud800-\udfff]")


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises BadRequest or Invalid; never anything else."""
    if len(body) > MAX_BYTES:
        raise BadRequest("body_too_large", f"A body may hold at most {MAX_BYTES} bytes.")
    _check_depth(body)
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_integer if _LONG_NUMBER.search(body) else None,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except UnicodeDecodeError as error:
        raise BadRequest("not_utf8", "The body is not valid UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest("not_json", "The body is not valid JSON.") from error
    if not isinstance(value, dict):
        raise BadRequest("not_an_object", "The body must be a JSON object.")
    if b"\\u" in body:  # elsewhere UTF-8 and JSON allow neither NUL nor surrogates
        _check_text(value, "")
    return value


def _check_depth(body: bytes) -> None:
    """Strings collapse to nothing, but one with a bracket or a backslash leaves a quote: then every string is read."""
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


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("duplicate_key", "An object names the same member twice.")
    return found


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise BadRequest("number_too_long", "A number has too many digits.")
    value = int(digits)
    if value not in _INT64:
        raise _wrong("", "out_of_range", "An integer must fit into 64 bits.")
    return value


def _no_float(text: str) -> NoReturn:
    raise _wrong("", "not_an_integer", f"{text[:40]} is not an integer; amounts are integers in minor units.")


def _check_text(value: Any, pointer: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_text(key, pointer)
            _check_text(inner, f"{pointer}/{key}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            _check_text(inner, f"{pointer}/{at}")
    elif isinstance(value, str) and _FORBIDDEN_TEXT.search(value):
        raise _wrong(pointer, "forbidden_character", "A text may hold neither NUL nor a lone surrogate.")


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid", "The body holds a value that no field may have.", [FieldError(pointer, code, detail)])
