"""What the promotions of a ruleset ask of members: only that is loaded, and once for a whole batch. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.promotions.engine.conditions import stat_key
from coalition.promotions.publishing import Rehearsal, Ruleset

_MEMBER = "member."
_BIRTH = frozenset({"birth_md", "birth_date", "days_to_birthday", "days_since_birthday"})


@dataclass(frozen=True, slots=True)
class Asked:
    """The names of members' facts (the first step of their path) and the keys of their features; the kinds of effects
    that the promotions can give."""

    facts: frozenset[str] = frozenset()
    stats: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset()

    @property
    def traits(self) -> bool:
        """Whether anything is asked that the member's own rows know."""
        return not self.facts.isdisjoint({"birth_md", "household", "enrolled_days", "locale"})


_KEPT = 256
_memory: dict[bytes, Asked] = {}


def asked(ruleset: Ruleset | Rehearsal) -> Asked:
    """What the promotions of a ruleset ask; worked out once a ruleset."""
    found = _memory.get(ruleset.sha256)
    if found is None:
        if len(_memory) >= _KEPT:
            _memory.clear()
        found = _memory[ruleset.sha256] = _asked(ruleset.documents)
    return found


def _asked(documents: Mapping[str, Mapping[str, Any]]) -> Asked:
    facts, stats, gives = set[str](), set[str](), set[str]()
    for document in documents.values():
        for kind, name in _names(document):
            if kind == "stat":
                stats.add(name)
            elif name.startswith(_MEMBER):
                facts.add(name.removeprefix(_MEMBER).split(".", 1)[0])
        facts |= _beside(document)
        gives |= {str(effect.get("kind")) for effect in _effects(document)}
    if facts & _BIRTH:
        facts.add("birth_md")
    return Asked(frozenset(facts | ({"stats"} if stats else set())), frozenset(stats), frozenset(gives))


def _beside(document: Mapping[str, Any]) -> set[str]:
    """What is asked outside of conditions: segments and messages by the audience, progress by effects."""
    audience, found = document.get("audience") or {}, set[str]()
    if audience.get("segments_any") or audience.get("segments_none"):
        found.add("segments")
    if audience.get("communication"):
        found.add("communications")
    if any(limit.get("per") == "household" for limit in document.get("limits") or ()):
        found.add("household")
    for effect in _effects(document):
        if effect.get("kind") == "progress.add":
            found |= {"progress", "days"} if (effect.get("by") or {}).get("type") == "distinct_days" else {"progress"}
    return found


def _effects(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The effects of a promotion, whatever rule they belong to; what follows from one is not counted."""
    return [*(document.get("effects") or ()), *(e for r in document.get("rules") or () for e in r["effects"])]


def _names(node: Any) -> Iterator[tuple[str, str]]:
    """Every field and feature that is named anywhere below."""
    if isinstance(node, Mapping):
        for key in ("f", "exists"):
            if isinstance(node.get(key), str):
                yield "field", node[key]
        if isinstance(node.get("stat"), str):
            yield "stat", stat_key(node)
        for inner in node.values():
            yield from _names(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _names(inner)
