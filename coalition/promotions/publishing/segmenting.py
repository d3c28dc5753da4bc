"""The segments of a program, and whether a document or a campaign names one that there is not.

A segment is made by a promotion that puts members into it (`segment.add`), from its draft on, and stays while anybody
is or was in it. A condition on another one would never be true: a slip of the pen would keep everybody out in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from coalition.kernel.db import fetch_all, load_sql
from coalition.kernel.errors import FieldError
from coalition.promotions.publishing.documents import Document
from coalition.promotions.publishing.shapes import rules_of
from coalition.promotions.publishing.sponsoring import meant

FIELD = "member.segments"
_MOST = 5_000


def segments(program_id: int) -> list[str]:
    """The codes of a program's segments, in order; at most five thousand."""
    rows = fetch_all(load_sql(__file__, "segments.sql"), {"program": program_id, "most": _MOST})
    return [row.name for row in rows]


def missing_segments(program_id: int, codes: Collection[str]) -> dict[str, str]:
    """Which of these codes are no segments, each with what to say of it: the code that may have been meant, out of the
    first five thousand. However many segments there are, only these codes are looked for.
    """
    asked = sorted(set(codes))
    if not asked:
        return {}
    params = {"program": program_id, "names": asked}
    there = {row.name for row in fetch_all(load_sql(__file__, "named_segments.sql"), params)}
    missing = [code for code in asked if code not in there]
    known = segments(program_id) if missing else []
    return {code: meant(code, known) for code in missing}


def unknown(codes: Sequence[Any], missing: Mapping[str, str], pointer: str) -> Iterator[FieldError]:
    """Each of the codes that is missing (see `missing_segments`), at its place."""
    for at, code in enumerate(codes):
        if isinstance(code, str) and code in missing:
            yield FieldError(f"{pointer}/{at}", "unknown_segment", missing[code])


def segment_problems(program_id: int, document: Document) -> list[FieldError]:
    """The segments that the audience or a condition of a document names and the program does not have."""
    named = list(_named(document))
    if not named:
        return []
    missing = missing_segments(program_id, [code for _, codes in named for code in codes if isinstance(code, str)])
    return [one for pointer, codes in named for one in unknown(codes, missing, pointer)]


def _named(document: Document) -> Iterator[tuple[str, Sequence[Any]]]:
    audience = document.get("audience")
    for name in ("segments_any", "segments_none"):
        codes = audience.get(name) if isinstance(audience, Mapping) else None
        if isinstance(codes, list) and codes:
            yield f"/audience/{name}", codes
    for pointer, rule in rules_of(document):
        if isinstance(rule, Mapping):
            yield from _asked(rule.get("when"), f"{pointer}/when")


def _asked(node: Any, pointer: str) -> Iterator[tuple[str, Sequence[Any]]]:
    """The leaves of a condition that ask for segments."""
    if isinstance(node, Mapping):
        if node.get("f") == FIELD:
            value = node.get("v")
            yield f"{pointer}/v", value if isinstance(value, list) else [value]
            return
        for name in ("all", "any", "not"):
            yield from _asked(node.get(name), f"{pointer}/{name}")
    elif isinstance(node, list):
        for at, one in enumerate(node):
            yield from _asked(one, f"{pointer}/{at}")
