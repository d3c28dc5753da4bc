"""One promotion: what it says, how it stands, what a second person is asked for, and every version before."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from coalition import access, promotions
from coalition.console import forms
from coalition.console.marketing import showing
from coalition.console.marketing.frame import blueprint, chosen_program, names_of, page, voice_of
from coalition.kernel import approvals, audit
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.programs import Program
from coalition.promotions import wording

_VERSIONS = 50


@blueprint.get("/promotions/<code>")
def promotion(code: str) -> str:
    """A promotion as it stands."""
    return shown(code, [], {})


def shown(code: str, errors: forms.Errors, given: dict[str, str]) -> str:
    """The page of a promotion, with what was refused."""
    context = transact(lambda: _context(chosen_program(), code))
    return render_template("marketing/promotion.html", errors=errors, answers=given, **context)


def _context(program: Program, code: str) -> dict[str, Any]:
    found = promotions.one(program.id, code)
    names = names_of(program)
    voice = voice_of(names)
    draft = promotions.draft(program.id, code)
    asked = approvals.get(found.approval_id) if found.approval_id else None
    people = access.names({asked.requested_by} if asked else set())
    return {
        **page("promotions"),
        "program": program,
        "promotion": found,
        "title": showing.title(found.document, code, voice.language),
        "sentence": wording.sentence(found.document, names, voice.language),
        "first_day": voice.moment(found.begins_at.isoformat()) if found.begins_at else "—",
        "last_day": voice.last(found.ends_at.isoformat()) if found.ends_at else "—",
        "draft_sentence": wording.sentence(found.draft, names, voice.language) if found.draft else None,
        "changes": showing.differences(found.published, found.draft) if found.published and found.draft else [],
        "draft": draft,
        "warnings": [one.said(voice.language) for one in draft.warnings],
        "review": None
        if asked is None
        else {
            "reason": asked.reason,
            "by": people.get(asked.requested_by, asked.requested_by),
            "at": asked.requested_at,
            "own": asked.requested_by == audit.origin().actor,
            "seen": asked.payload_hash.hex(),
        },
        "versions": promotions.versions(program.id, code)[:_VERSIONS],
    }


@blueprint.get("/promotions/<code>/versions/<int:version>")
def promotion_version(code: str, version: int) -> str:
    """One version: its sentence, and what it says differently from the one before, or from `?to=`."""

    def work() -> dict[str, Any]:
        program = chosen_program()
        known = {one.version: one for one in promotions.versions(program.id, code)}
        if version not in known:
            raise NotFound()
        other = request.args.get("to", "")
        before = known.get(int(other) if other.isdecimal() and len(other) < 9 else version - 1)
        names = names_of(program)
        voice = voice_of(names)
        this = known[version]
        people = access.names({this.actor})
        return {
            **page("promotions"),
            "program": program,
            "code": code,
            "title": showing.title(this.document, code, voice.language),
            "version": this,
            "by": people.get(this.actor, this.actor),
            "before": before,
            "sentence": wording.sentence(this.document, names, voice.language),
            "before_sentence": wording.sentence(before.document, names, voice.language) if before else None,
            "changes": showing.differences(before.document, this.document) if before else [],
        }

    return render_template("marketing/version.html", **transact(work))
