"""Publishing a ruleset: everything that is in force from now on, in one row, or nothing at all.

Whoever publishes takes the next number first (see `setting`), so that rulesets of a program form one chain however
many publish at once: each is composed of what the one before has left.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from coalition import programs
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, execute_many, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.publishing import campaigns, rulesets, versions
from coalition.promotions.publishing.compiling import compiled
from coalition.promotions.publishing.documents import Document, canonical, sha256
from coalition.promotions.publishing.groups import groups_of, set_group
from coalition.promotions.publishing.rulesets import Ruleset, promotion_of
from coalition.promotions.publishing.setting import Turn, take_turn

ENGINE = 1
_ALWAYS = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the first year that a receipt may carry
_MOST = 10_000


def publish(
    program_id: int,
    documents: Sequence[Document],
    *,
    actor: str,
    groups: Mapping[str, Mapping[str, str]] | None = None,
    note: str = "",
    since: dt.datetime | None = None,
) -> Ruleset:
    """Let exactly these promotions be in force, without asking a second person: for seeds, imports and rollbacks.

    A document that says something new becomes a version; what is published now and not among them is paused. `groups`
    (`{code: {mode, scope}}`) adds to the program's groups or changes them. `since`: from when on receipts go by it, not
    before the ruleset before; the default is now, and always for a first ruleset (promotions have dates of their own).
    Publishers of a program wait for each other. Invalid names what is wrong, by `/<place in documents>/...`.
    """
    turn = take_turn(program_id)
    for code, group in (groups or {}).items():
        set_group(program_id, code, mode=group["mode"], scope=group.get("scope", "receipt"))
    problems: list[FieldError] = []
    kept = []
    for place, document in enumerate(documents):
        try:
            kept.append(versions.keep(program_id, document, actor=actor))
        except Invalid as refusal:
            problems += [FieldError(f"/{place}{one.pointer}", one.code, one.detail) for one in refusal.errors]
    if problems:
        raise Invalid("invalid", "These promotions cannot be published.", problems)
    execute(
        "UPDATE promotion SET state = 'paused', changed_at = now()"
        " WHERE program_id = :program AND state = 'published' AND code <> ALL(:codes)",
        {"program": program_id, "codes": [str(one["id"]) for one in documents]},
    )
    if kept:
        execute_many(
            "UPDATE promotion SET state = 'published', version = :version, changed_at = now() WHERE id = :id",
            [{"id": one.promotion_id, "version": one.version} for one in kept],
        )
    first = _ALWAYS if turn.no == 1 else None
    return compose(program_id, turn, actor=actor, note=note, since=since or first)


def compose(program_id: int, turn: Turn, *, actor: str, note: str, since: dt.datetime | None = None) -> Ruleset:
    """The ruleset of everything that is published as things stand in this transaction, added to the chain."""
    since = _since(program_id, since)
    documents = _in_force(program_id, since)
    program = program_document(program_id, turn.exclude, turn.earn_on)
    text = canonical({"engine": ENGINE, "program": program, "promotions": documents})
    row = fetch_one(
        "INSERT INTO ruleset (program_id, no, since, document, sha256, note, actor)"
        " VALUES (:program, :no, :since, :document, :sha256, :note, :actor) RETURNING id",
        {
            "program": program_id,
            "no": turn.no,
            "since": since,
            "document": text,
            "sha256": sha256(text),
            "note": note,
            "actor": actor,
        },
    )
    assert row is not None
    audit.record("ruleset.publish", f"program:{program_id}", no=turn.no, sha256=sha256(text).hex(), note=note)
    rulesets.forget(program_id)
    return rulesets.by_no(program_id, turn.no)


def _since(program_id: int, since: dt.datetime | None) -> dt.datetime:
    """From when on the next ruleset holds: never before the one that it follows."""
    row = fetch_one("SELECT since FROM ruleset WHERE program_id = :p ORDER BY no DESC LIMIT 1", {"p": program_id})
    if row is None:
        return since or clock.now()
    if since is not None and since < row.since:
        problem = FieldError("/since", "too_early", "A ruleset does not hold before the one that it follows.")
        raise Invalid("invalid", "This ruleset would rewrite the past.", [problem])
    return since or max(clock.now(), row.since)


def _in_force(program_id: int, since: dt.datetime) -> list[dict[str, Any]]:
    """The documents of what is published and not over by then, campaigns compiled in, in the order of evaluation.

    The dates of the promotions are brought up to date with their campaigns'.
    """
    rows = fetch_all(
        "SELECT p.id, v.document FROM promotion p"
        " JOIN promotion_version v ON v.promotion_id = p.id AND v.version = p.version"
        " WHERE p.program_id = :program AND p.state = 'published' ORDER BY p.id LIMIT :most",
        {"program": program_id, "most": _MOST},
    )
    known = campaigns.by_code(program_id)
    found, dates = [], []
    for row in rows:
        document = json.loads(row.document)
        ready = compiled(document, known.get(document.get("campaign")))
        promotion = promotion_of(canonical(ready))
        dates.append({"id": row.id, "begins": promotion.begins, "ends": promotion.ends})
        if promotion.ends is None or promotion.ends > since:
            found.append((promotion.order, ready))
    if dates:
        execute_many("UPDATE promotion SET begins_at = :begins, ends_at = :ends WHERE id = :id", dates)
    return [ready for _, ready in sorted(found, key=lambda one: one[0])]


def program_document(program_id: int, exclude: Document | None, earn_on: str) -> dict[str, Any]:
    """What the engine asks of a program; a unit of points is a minor unit of its currency."""
    program = programs.get(program_id)
    points = {one.code: {"unit_minor": int(one.face_minor) or 1} for one in programs.currencies(program_id)}
    return {
        "id": program.code,
        "tz": program.zone,
        "currencies": {program.currency: {"unit_minor": 1}, **points},
        "exclude": exclude,
        "earn_on": earn_on,
        "groups": groups_of(program_id),
    }
