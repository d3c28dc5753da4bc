"""Rulesets as they are read: the one in force now, or the one that was when a late receipt was written.

Each process remembers what it has read and asks once a second whether there is a newer one; a program without any costs
one look into a dictionary.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from coalition.kernel.db import AnyRow, fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.remembering import Remembered
from coalition.promotions import engine
from coalition.promotions.publishing.documents import canonical
from coalition.promotions.publishing.settings import draw_secret

_FRESH_S = 1.0
_KEPT = 32
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All promotions of a program that are in force together. `since`: from when on receipts go by it.

    `program` is the engine's program document; `promotions` and `index` are ready to run; `documents` holds, by
    promotion, what they were made of (the campaign compiled in).
    """

    id: int
    program_id: int
    no: int
    sha256: bytes
    since: dt.datetime
    published_at: dt.datetime
    actor: str
    note: str
    program: Mapping[str, Any]
    promotions: tuple[engine.Promotion, ...]
    index: engine.Index
    documents: Mapping[str, Mapping[str, Any]]

    @property
    def versions(self) -> dict[str, int]:
        """The version of each of its promotions."""
        return {one.id: one.version for one in self.promotions}


@dataclass(slots=True)
class _Known:
    """What a process knows of a program: when it has asked, and its rulesets by the instant since which they hold."""

    read_at: float = 0.0
    ids: list[int] = field(default_factory=list)
    since: list[dt.datetime] = field(default_factory=list)


@dataclass(slots=True)
class _Memory:
    programs: dict[int, _Known] = field(default_factory=dict)
    rulesets: OrderedDict[int, Ruleset] = field(default_factory=OrderedDict)


_memory = Remembered(_Memory)


def ruleset(program_id: int, at: dt.datetime | None = None) -> Ruleset | None:
    """The ruleset in force now, or at an instant; None if there is (or was) none. At most a second old."""
    memory = _memory()
    known = memory.programs.get(program_id)
    if known is None or time.monotonic() - known.read_at > _FRESH_S:
        known = _asked(program_id, known)
        memory.programs[program_id] = known
    place = len(known.ids) if at is None else bisect_right(known.since, at)
    return _remembered(memory, known.ids[place - 1]) if place else None


def by_no(program_id: int, no: int) -> Ruleset:
    """The ruleset with this number. Raises NotFound."""
    row = fetch_one("SELECT * FROM ruleset WHERE program_id = :program AND no = :no", {"program": program_id, "no": no})
    if row is None:
        raise NotFound()
    return _read(row)


def kept_ruleset(ruleset_id: int) -> Ruleset:
    """A ruleset that was in force once, ready to run: what went by it can be run again. Raises NotFound."""
    return _remembered(_memory(), ruleset_id)


def forget(program_id: int) -> None:
    """Ask anew at the next look: this process has just published."""
    _memory().programs.pop(program_id, None)


@lru_cache(maxsize=8_192)
def promotion_of(text: str) -> engine.Promotion:
    """The promotion of a canonical document, compiled once. Raises Invalid."""
    return engine.promotion(json.loads(text))


def _asked(program_id: int, known: _Known | None) -> _Known:
    """What is known now. The last id tells whether there is news: ids, unlike numbers, are never given twice."""
    last = fetch_one("SELECT id FROM ruleset WHERE program_id = :p ORDER BY no DESC LIMIT 1", {"p": program_id})
    if known and known.ids[-1:] == ([last.id] if last else []):
        known.read_at = time.monotonic()
        return known
    rows = fetch_all(
        "SELECT id, since FROM ruleset WHERE program_id = :p ORDER BY no LIMIT :most", {"p": program_id, "most": _MOST}
    )
    return _Known(time.monotonic(), [row.id for row in rows], [row.since for row in rows])


def _remembered(memory: _Memory, ruleset_id: int) -> Ruleset:
    found = memory.rulesets.get(ruleset_id)
    if found is None:
        row = fetch_one("SELECT * FROM ruleset WHERE id = :id", {"id": ruleset_id})
        if row is None:
            raise NotFound()
        found = memory.rulesets[ruleset_id] = _read(row)
        while len(memory.rulesets) > _KEPT:
            memory.rulesets.popitem(last=False)
    return found


def _read(row: AnyRow) -> Ruleset:
    document = json.loads(row.document)
    promotions = tuple(promotion_of(canonical(one)) for one in document["promotions"])
    return Ruleset(
        id=row.id,
        program_id=row.program_id,
        no=row.no,
        sha256=bytes(row.sha256),
        since=row.since,
        published_at=row.published_at,
        actor=row.actor,
        note=row.note,
        program={**document["program"], "draw_secret": draw_secret(row.program_id)},
        promotions=promotions,
        index=engine.Index(promotions),
        documents={one["id"]: one for one in document["promotions"]},
    )
