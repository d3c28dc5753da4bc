"""What would be in force if drafts were published now, without publishing them: for back-tests and previews."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from coalition.kernel.db import fetch_one
from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions import engine
from coalition.promotions.publishing import campaigns
from coalition.promotions.publishing.assembling import program_of
from coalition.promotions.publishing.checking import examine
from coalition.promotions.publishing.compiling import compiled
from coalition.promotions.publishing.documents import Document, canonical, sha256
from coalition.promotions.publishing.reading import promotion_of, ruleset
from coalition.promotions.publishing.settings import Setting, draw_secret, setting

_DATES = ("from", "to")


@dataclass(frozen=True)
class Rehearsal:
    """All promotions that would be in force together; it runs like a ruleset.

    `program` is the engine's program document without its secret, `documents` the promotions by id, campaigns compiled
    in. `ruleset_id` is the ruleset that is in force instead (None: there is none).
    """

    program_id: int
    ruleset_id: int | None
    content: Mapping[str, Any]
    documents: Mapping[str, Document]

    @cached_property
    def program(self) -> Mapping[str, Any]:
        """The program document, ready to run."""
        return {**self.content, "draw_secret": draw_secret(self.program_id)}

    @cached_property
    def promotions(self) -> tuple[engine.Promotion, ...]:
        """The promotions, ready to run."""
        return tuple(promotion_of(canonical(one)) for one in self.documents.values())

    @cached_property
    def index(self) -> engine.Index:
        """Which of them can apply to an event."""
        return engine.Index(self.promotions)

    @cached_property
    def sha256(self) -> bytes:
        """The hash of everything that is tried."""
        return sha256(canonical(self.stored()))

    def stored(self) -> dict[str, Any]:
        """As JSON that `rehearsal_of` reads."""
        return {"program": dict(self.content), "promotions": list(self.documents.values())}


def rehearse(
    program_id: int, documents: Sequence[Document], *, without: Collection[str] = (), always: bool = False
) -> Rehearsal:
    """What is in force, with these promotions in the place of those of the same id, and without others.

    `always`: as if the drafts ran at any time and everybody had been told of them (their dates and messages count for
    nothing), because receipts of the past are older than a draft. Raises Invalid, like `publish`, with a pointer
    `/<place in documents>/...` to each thing that is wrong.
    """
    problems: list[FieldError] = []
    for place, document in enumerate(documents):
        try:
            examine(program_id, document)
        except Invalid as refusal:
            problems += [FieldError(f"/{place}{one.pointer}", one.code, one.detail) for one in refusal.errors]
    if problems:
        raise Invalid("invalid", "These promotions cannot be tried.", problems)
    now, known = ruleset(program_id), campaigns.by_code(program_id)
    drafts = {str(one["id"]): compiled(one, known.get(str(one.get("campaign")))) for one in documents}
    if always:
        drafts = {code: _always(one) for code, one in drafts.items()}
    kept = {} if now is None else {code: one for code, one in now.documents.items() if code not in without}
    content = program_of(program_id, setting(program_id))
    return Rehearsal(program_id, now.id if now else None, content, {**kept, **drafts})


def rehearsal_of(program_id: int, stored: Mapping[str, Any], ruleset_id: int | None = None) -> Rehearsal:
    """The rehearsal that was stored."""
    return Rehearsal(program_id, ruleset_id, stored["program"], {one["id"]: one for one in stored["promotions"]})


def ruleset_by_id(program_id: int, ruleset_id: int | None) -> Rehearsal:
    """A ruleset of the past as one that is tried; with None, a program without promotions."""
    row = fetch_one("SELECT document FROM ruleset WHERE id = :id", {"id": ruleset_id})
    if row is not None:
        return rehearsal_of(program_id, json.loads(row.document), ruleset_id)
    return Rehearsal(program_id, None, program_of(program_id, Setting()), {})


def _always(document: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in document.items() if name not in _DATES}
    if document.get("audience"):
        found["audience"] = {name: value for name, value in document["audience"].items() if name != "communication"}
    return found
