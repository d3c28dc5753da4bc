"""What achievements, badges and draws are called, and how much an achievement takes: as the promotions in force say.

An effect may carry a `name` in both languages; an achievement without one is called as its promotion. What no promotion
in force knows any more is called by its code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from coalition.promotions.engine.periods import achievement
from coalition.promotions.publishing import ruleset

_FIELDS = {"badge.grant": ("badge", "badge"), "draw.enter": ("ticket", "draw"), "segment.add": ("segment", "segment")}
_FIELDS |= {"progress.add": ("progress", "achievement"), "crown.add": ("crown", "crown")}
_INSIDE = ("on_complete", "on_win")
Raw = Mapping[str, Any]


@dataclass(slots=True)
class Names:
    """Names by language of holdings (kind, code), of promotions by code, and the targets of achievements."""

    holdings: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    promotions: dict[str, Mapping[str, str]] = field(default_factory=dict)
    targets: dict[str, int] = field(default_factory=dict)

    def of(self, kind: str, code: str, language: str) -> str:
        """What a holding is called."""
        code = achievement(code) if kind == "progress" else code
        known = self.holdings.get(("progress" if kind == "completed" else kind, code)) or {}
        return known.get(language) or known.get("en") or code

    def target(self, code: str) -> int:
        """What an achievement takes, by the name of its progress; 0 where it has no end."""
        return self.targets.get(achievement(code), 0)

    def promotion(self, code: str, language: str) -> str:
        """What a promotion is called."""
        known = self.promotions.get(code) or {}
        return known.get(language) or known.get("en") or code


def names(program_id: int) -> Names:
    """The names that a program's promotions in force give."""
    found, current = Names(), ruleset(program_id)
    for code, document in sorted((current.documents if current else {}).items()):
        found.promotions[code] = document.get("name") or {}
        for effect in _effects(document):
            kind, key = _FIELDS.get(str(effect.get("kind")), ("", ""))
            called = effect.get("name") if isinstance(effect.get("name"), Mapping) else None
            if kind == "progress":
                called = called or found.promotions[code]
                found.targets[str(effect.get(key))] = effect.get("target") or 0
            if kind and called:
                found.holdings.setdefault((kind, str(effect.get(key))), called)
    return found


def _effects(document: Raw) -> Iterator[Raw]:
    """Every effect of a promotion, and those that an effect brings."""
    lists = [document.get("effects"), *(rule.get("effects") for rule in document.get("rules") or ())]
    waiting = [effect for effects in lists for effect in effects or ()]
    while waiting:
        effect = waiting.pop(0)
        yield effect
        waiting += [inner for name in _INSIDE for inner in effect.get(name) or ()]
