"""The values of this package: a promotion as it stands, its versions, what its draft is worth, rulesets in a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from coalition.kernel.errors import FieldError

Phase = Literal["draft", "review", "scheduled", "active", "paused", "ended", "archived"]


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion as it stands. `phase`: draft, review, scheduled, active, paused, ended or archived.

    `version` is the one that was published last, None before the first. `draft` is what is being written, beside what
    is published; `draft_no` counts its changes, `approval_id` is the request that it waits for.
    `begins_at` and `ends_at` are those of the published version, narrowed by its campaign.
    """

    id: int
    program_id: int
    code: str
    phase: Phase
    version: int | None
    begins_at: dt.datetime | None
    ends_at: dt.datetime | None
    draft: Mapping[str, Any] | None
    draft_no: int
    draft_by: str | None
    approval_id: int | None
    changed_at: dt.datetime
    published: Mapping[str, Any] | None

    @property
    def document(self) -> Mapping[str, Any]:
        """What the promotion says: the published version, or the draft of one that has none."""
        found = self.published or self.draft
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Version:
    """What was published once and stands as it is. `sha256`: of the document's canonical text."""

    version: int
    document: Mapping[str, Any]
    sha256: bytes
    actor: str
    approval_id: int | None
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Warned:
    """What may be meant and probably is not: a stable code, where, a sentence in both languages."""

    code: str
    pointer: str
    en: str
    ru: str

    def said(self, language: str) -> str:
        """The warning as a sentence."""
        return self.ru if language == "ru" else self.en


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it was saved, and what stands in the way of publishing it. `no` counts the changes."""

    code: str
    no: int
    document: Mapping[str, Any]
    problems: tuple[FieldError, ...] = field(default=())
    warnings: tuple[Warned, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Published:
    """A ruleset in the list of rulesets. `promotions`: how many there are in it."""

    id: int
    no: int
    sha256: bytes
    since: dt.datetime
    published_at: dt.datetime
    actor: str
    note: str
    promotions: int
