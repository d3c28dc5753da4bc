"""Publishing a ruleset: everything that is in force from now on, in one row, or nothing at all.

Whoever publishes takes the next number first (see `settings`), so that rulesets of a program form one chain however
many publish at once: each is composed of what the one before has left.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence

from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.publishing import reading
from coalition.promotions.publishing.assembling import in_force, program_of
from coalition.promotions.publishing.documents import Document, canonical, sha256
from coalition.promotions.publishing.groups import group_problems, put_group
from coalition.promotions.publishing.keeping import keep
from coalition.promotions.publishing.reading import Ruleset, promotion_of
from coalition.promotions.publishing.settings import Setting, Turn, put_setting, take_turn

ENGINE = 1
_ALWAYS = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the first year that a receipt may carry
_PUBLISH = (
    "UPDATE promotion p SET state = 'published', version = x.version, changed_at = now(), begins_at = x.begins,"
    " ends_at = x.ends FROM unnest(CAST(:codes AS text[]), CAST(:versions AS int[]), CAST(:begins AS timestamptz[]),"
    "                              CAST(:ends AS timestamptz[])) x(code, version, begins, ends)"
    " WHERE p.program_id = :program AND p.code = x.code"
)
_Published = tuple[str, int, dt.datetime | None, dt.datetime | None]


def publish(
    program_id: int,
    documents: Sequence[Document],
    *,
    actor: str,
    groups: Mapping[str, Mapping[str, str]] | None = None,
    setting: Setting | None = None,
    note: str = "",
    since: dt.datetime | None = None,
) -> Ruleset:
    """Let exactly these promotions be in force, without asking a second person: for seeds, imports and tests.

    A document that says something new becomes a version; what is published now and not among them is paused. `groups`
    (`{code: {mode, scope}}`) adds to the program's groups or changes them, `setting` takes the place of the program's.
    `since`: from when on receipts go by it, not before the ruleset before; the default is now, and always for a first
    ruleset (promotions have dates of their own).
    Publishers of a program wait for each other. Invalid names what is wrong, by `/<place in documents>/...`, or
    `tests_failed` for a test that a document carries.
    """
    turn = take_turn(program_id)
    for code, group in (groups or {}).items():
        _put_group(program_id, code, {"scope": "receipt", **group})
    if setting is not None:
        put_setting(program_id, setting)
        turn = Turn(turn.no, setting)
    found = keep(program_id, documents, actor=actor)
    _switch(program_id, [(one.code, one.version, None, None) for one in found.values()])
    first = _ALWAYS if turn.no == 1 else None
    return compose(program_id, turn, actor=actor, note=note, since=since or first, testing=found)


def compose(
    program_id: int,
    turn: Turn,
    *,
    actor: str,
    note: str,
    since: dt.datetime | None = None,
    testing: Collection[str] = (),
) -> Ruleset:
    """The ruleset of everything that is published as things stand in this transaction, added to the chain.

    `testing`: the codes of those whose tests have to pass.
    """
    since = _since(program_id, since)
    program = program_of(program_id, turn.setting)
    documents = in_force(program_id, since, program, testing)
    return _add(program_id, turn.no, canonical(_ruleset(program, documents)), since, actor, note)


def republish(program_id: int, turn: Turn, text: str, *, actor: str, note: str) -> Ruleset:
    """An earlier ruleset, word for word, as the next of the chain; its groups and setting are the program's again."""
    document = json.loads(text)
    common = document["program"]
    put_setting(program_id, Setting.read(common))
    for code, group in common["groups"].items():
        put_group(program_id, code, group)
    ready = [promotion_of(canonical(one)) for one in document["promotions"]]
    _switch(program_id, [(one.id, one.version, one.begins, one.ends) for one in ready])
    return _add(program_id, turn.no, text, _since(program_id, None), actor, note)


def _put_group(program_id: int, code: str, group: Mapping[str, str]) -> None:
    problems = [FieldError(f"/groups/{code}{one.pointer}", one.code, one.detail) for one in group_problems(code, group)]
    if problems:
        raise Invalid("invalid", "This is no group of promotions.", problems)
    put_group(program_id, code, group)


def _switch(program_id: int, published: Sequence[_Published]) -> None:
    """Let exactly these be published: code, version and dates; what else was, is paused."""
    codes, versions, begins, ends = ([one[place] for one in published] for place in range(4))
    scope = {"program": program_id, "codes": codes}
    execute(
        "UPDATE promotion SET state = 'paused', changed_at = now()"
        " WHERE program_id = :program AND state = 'published' AND code <> ALL(:codes)",
        scope,
    )
    execute(_PUBLISH, {**scope, "versions": versions, "begins": begins, "ends": ends})


def _ruleset(program: Document, documents: Sequence[Document]) -> Document:
    return {"engine": ENGINE, "program": program, "promotions": documents}


def _add(program_id: int, no: int, text: str, since: dt.datetime, actor: str, note: str) -> Ruleset:
    digest = sha256(text)
    execute(
        "INSERT INTO ruleset (program_id, no, since, document, sha256, note, actor)"
        " VALUES (:program, :no, :since, :document, :sha256, :note, :actor)",
        {
            "program": program_id,
            "no": no,
            "since": since,
            "document": text,
            "sha256": digest,
            "note": note,
            "actor": actor,
        },
    )
    audit.record("ruleset.publish", f"program:{program_id}", no=no, sha256=digest.hex(), note=note)
    reading.forget(program_id)
    return reading.by_no(program_id, no)


def _since(program_id: int, since: dt.datetime | None) -> dt.datetime:
    """From when on the next ruleset holds: never before the one that it follows."""
    row = fetch_one("SELECT since FROM ruleset WHERE program_id = :p ORDER BY no DESC LIMIT 1", {"p": program_id})
    if row is None:
        return since or clock.now()
    if since is not None and since < row.since:
        problem = FieldError("/since", "too_early", "A ruleset does not hold before the one that it follows.")
        raise Invalid("invalid", "This ruleset would rewrite the past.", [problem])
    return since or max(clock.now(), row.since)
