"""A condition of the builder as its templates want it: the field with its comparisons, its choices and its values."""

from __future__ import annotations

import json
from typing import Any

from coalition.promotions.wording import Field, Row, Voice, called, clear, in_words, joined, offered, printed, said

Choices = list[tuple[str, str]]
OFFERED_AT_ONCE = 60
UNITS = {"percent": "%", "factor": "×", "odds": "%"}
_MANY = frozenset({"in", "nin", "has_any", "has_all", "has_none"})


def kept_row(node: Any, line: bool, voice: Voice) -> dict[str, Any]:
    """A node that no row shows, in words and as the expert's text."""
    if not clear(node, line=line):
        return {"words": json.dumps(node, ensure_ascii=False)[:300], "text": ""}
    return {"words": upper(said(in_words(node, voice, line=line))), "text": printed(node)}


def condition_row(name: str, row: Row, voice: Voice) -> dict[str, Any]:
    """A comparison with what it can be changed to."""
    about = row.about
    if about is None:
        return {"id": name, "field": "", "op": "", "ops": [], "sort": "none", "values": []}
    ops = [(op, called(op, voice.language)) for op in offered(about)]
    choices = choices_of(about, row, voice)
    many = row.op in _MANY
    sort = "choices" if choices and many else "choice" if choices else "day" if about.unit == "date" else "text"
    chosen = [words for value, words in choices if value in row.values]
    return {
        "id": name,
        "field": about.name,
        "label": upper(about.label(voice.language)),
        "op": row.op,
        "ops": ops,
        "sort": sort,
        "between": row.op == "between",
        "values": list(row.values),
        "joined": ", ".join(row.values),
        "choices": choices,
        "chosen": ", ".join(chosen),
        "unit": voice.names.money if about.unit == "money" else UNITS.get(about.unit, ""),
        "list": f"list-{about.source}" if len(voice.names.listed(about.source)) > OFFERED_AT_ONCE else "",
        "numeric": about.type == "int" and not choices and about.unit != "clock",
    }


def choices_of(about: Field, row: Row, voice: Voice) -> Choices:
    """The values to choose from, with those that the row has; none where there are too many, or nobody knows them."""
    listed = voice.names.listed(about.source) if about.source else {}
    if not listed or len(listed) > OFFERED_AT_ONCE:
        return []
    own = about.source in ("categories", "brands", "segments")
    known = [(joined([value]), value if own else upper(voice.t(*pair))) for value, pair in listed.items()]
    offered_here = {value for value, _ in known}
    return known + [(one, one) for one in row.values if one not in offered_here]


def upper(words: str) -> str:
    """The words as a sentence or a label begins."""
    return words[:1].upper() + words[1:]
