"""Drafts: whatever a marketer has written so far is kept, with what stands in the way of publishing it.

A draft stands beside what is published and changes nothing of it. Two people who write at once do not overwrite each
other: who saves says which change was seen.
"""

from __future__ import annotations

import json

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.promotions.publishing import campaigns, checking, listing, reading
from coalition.promotions.publishing.codes import code_problems
from coalition.promotions.publishing.compiling import compiled
from coalition.promotions.publishing.documents import Document
from coalition.promotions.publishing.types import Draft
from coalition.promotions.publishing.warning import warnings


def save_draft(program_id: int, code: str, document: Document, *, actor: str, seen: int | None = None) -> Draft:
    """Keep what was written, whole or not, and tell what is wrong with it and what may be.

    `seen`: the `no` of the draft that was changed; Conflict `draft_changed` if there is a later one. Conflict
    `in_review` while a second person looks at it. Invalid only for what is no object, or no code.
    """
    checking.examine_text(document)
    problems = code_problems(code, "/id")
    if problems:
        raise Invalid("invalid", "This is no code of a promotion.", problems)
    written = {name: value for name, value in document.items() if name not in ("version", "status")} | {"id": code}
    row = fetch_one(
        "INSERT INTO promotion AS p (program_id, code, draft, draft_no, draft_by)"
        " VALUES (:program, :code, CAST(:draft AS jsonb), 1, :actor)"
        " ON CONFLICT (program_id, code) DO UPDATE SET draft = excluded.draft, draft_no = p.draft_no + 1,"
        "   draft_by = excluded.draft_by, changed_at = now(),"
        "   state = CASE WHEN p.state = 'archived' AND p.version IS NULL THEN 'draft' ELSE p.state END"
        " WHERE p.approval_id IS NULL AND p.draft_no = coalesce(CAST(:seen AS int), p.draft_no)"
        " RETURNING id, draft_no",
        {"program": program_id, "code": code, "draft": json.dumps(written), "actor": actor, "seen": seen},
    )
    if row is None:
        _refuse(program_id, code)
    assert row is not None
    audit.record("promotion.draft", f"promotion:{row.id}", no=row.draft_no)
    return judged(program_id, code, row.draft_no, written)


def begin_draft(program_id: int, code: str, document: Document, *, actor: str) -> Draft:
    """The first draft of a promotion that nobody has begun before; see `save_draft`. Conflict `code_in_use`."""
    try:
        listing.one(program_id, code)
    except NotFound:
        # nothing was seen: a draft that somebody has begun meanwhile stays theirs
        return save_draft(program_id, code, document, actor=actor, seen=0)
    raise Conflict("code_in_use", "There is a promotion of this code already.")


def draft(program_id: int, code: str) -> Draft:
    """The draft as it stands, or a new one that begins with what is published. Raises NotFound."""
    found = listing.one(program_id, code)
    return judged(program_id, code, found.draft_no, found.draft or found.document)


def discard(program_id: int, code: str) -> None:
    """Forget the draft of a published promotion; one that was never published is archived instead.

    NotFound; Conflict `in_review` while a second person looks at it.
    """
    found = listing.one(program_id, code)
    changed = execute(
        "UPDATE promotion SET draft = NULL, draft_by = NULL, draft_no = draft_no + 1, changed_at = now()"
        " WHERE id = :id AND approval_id IS NULL AND version IS NOT NULL",
        {"id": found.id},
    ) or execute(
        "UPDATE promotion SET state = 'archived', changed_at = now()"
        " WHERE id = :id AND approval_id IS NULL AND version IS NULL",
        {"id": found.id},
    )
    if not changed:
        _refuse(program_id, code)
    audit.record("promotion.discard", f"promotion:{found.id}")


def judged(program_id: int, code: str, no: int, document: Document) -> Draft:
    """A draft with its problems and, where it can be understood, its warnings."""
    found, problems = checking.examined(program_id, document, strict=True)
    if found is None:
        return Draft(code, no, document, tuple(problems))
    name = document.get("campaign")
    ready = compiled(document, campaigns.by_code(program_id).get(name) if isinstance(name, str) else None)
    others = reading.ruleset(program_id)
    beside = [one for other, one in (others.documents if others else {}).items() if other != code]
    return Draft(code, no, document, tuple(problems), tuple(warnings(ready, beside)))


def _refuse(program_id: int, code: str) -> None:
    if listing.one(program_id, code).approval_id is not None:
        raise Conflict("in_review", "A second person is looking at this draft; withdraw it first.")
    raise Conflict("draft_changed", "Somebody has changed this draft meanwhile; look at it again.")
