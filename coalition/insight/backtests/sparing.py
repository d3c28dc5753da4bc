"""Which receipts need not be played twice: those that nothing that differs between the two rulesets can touch.

What neither side's differing promotions are candidates for comes to the same under both, as long as both have used the
same of all other limits. As soon as one receipt has moved them apart (a rival lost, a campaign's budget went), every
receipt is played twice again. The figures are the same either way, and a test holds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.insight.backtests.playing import Event, Rules
from coalition.promotions import engine

Documents = Mapping[str, Mapping[str, Any]]


class Sparing:
    """What two rulesets have in common, and whether their counters still agree."""

    __slots__ = ("_differing", "_index", "_program", "agree", "possible")

    def __init__(self, active: Rules, draft: Rules, documents: tuple[Documents, Documents]) -> None:
        before, after = documents
        self._differing = {code for code in {*before, *after} if before.get(code) != after.get(code)}
        odd = [one for of in (active, draft) for one in of.promotions if one.id in self._differing]
        self._program, self._index = draft.program, engine.Index(tuple(odd))
        self.possible = active.program == draft.program
        self.agree = True

    def alike(self, event: Event) -> bool:
        """Whether a receipt comes to the same under both."""
        return self.possible and self.agree and not self._index.candidates(engine.facts_of(self._program, event))

    def note(self, active: Mapping[str, int], draft: Mapping[str, int]) -> None:
        """Look at what a receipt that was played twice has used of limits."""
        if self.agree and self._common(active) != self._common(draft):
            self.agree = False

    def forget(self) -> None:
        """Both sides begin with unused limits."""
        self.agree = True

    def _common(self, delta: Mapping[str, int]) -> dict[str, int]:
        return {key: used for key, used in delta.items() if key.partition("/")[0] not in self._differing}
