"""The life of what is published: paused and resumed, ended, put away, and back to an earlier ruleset.

Each step that changes what is in force publishes a ruleset in the same transaction; receipts of before keep theirs.
Nothing here brings anything into force that a second person has not approved before, so one person is enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.promotions.publishing import listing
from coalition.promotions.publishing.composing import compose, republish
from coalition.promotions.publishing.reading import Ruleset
from coalition.promotions.publishing.settings import take_turn
from coalition.promotions.publishing.types import Promotion


def pause(program_id: int, code: str, note: str = "") -> Promotion:
    """Let a scheduled or active promotion give nothing from now on, until it is resumed.

    NotFound; Conflict `bad_phase` for one that is not published, or over.
    """
    return _step(program_id, code, "pause", ("scheduled", "active"), "paused", note)


def resume(program_id: int, code: str, note: str = "") -> Promotion:
    """Let a paused promotion go on, as it was last published. NotFound; Conflict `bad_phase`."""
    return _step(program_id, code, "resume", ("paused",), "published", note)


def end(program_id: int, code: str, note: str = "") -> Promotion:
    """Let a promotion end before its date, for good. NotFound; Conflict `bad_phase`."""
    return _step(program_id, code, "end", ("scheduled", "active", "paused"), "ended", note)


def archive(program_id: int, code: str) -> Promotion:
    """Put an ended promotion, or a draft, out of sight. Nothing in force changes. NotFound; Conflict `bad_phase`."""
    found = listing.one(program_id, code)
    changed = execute(
        "UPDATE promotion p SET state = 'archived', changed_at = now() FROM promotion_now n"
        " WHERE p.id = :id AND n.id = p.id AND p.approval_id IS NULL AND n.phase IN ('draft', 'ended')",
        {"id": found.id},
    )
    if not changed:
        _refuse(found, "archived")
    audit.record("promotion.archive", f"promotion:{found.id}")
    return listing.one(program_id, code)


def rollback(program_id: int, no: int, note: str = "") -> Ruleset:
    """Publish an earlier ruleset again, word for word: its versions, groups and what it excluded.

    What is published now and was not in it is paused. Campaigns keep what they say today; it counts again when the next
    promotion is published. NotFound for a ruleset that there is not.
    """
    turn = take_turn(program_id)
    row = fetch_one(
        "SELECT document FROM ruleset WHERE program_id = :program AND no = :no", {"program": program_id, "no": no}
    )
    if row is None:
        raise NotFound()
    return republish(program_id, turn, row.document, actor=audit.origin().actor, note=note or f"back to {no}")


def _step(program_id: int, code: str, deed: str, phases: Iterable[str], state: str, note: str) -> Promotion:
    turn = take_turn(program_id)
    found = listing.one(program_id, code)
    if found.phase not in phases:
        _refuse(found, state)
    execute("UPDATE promotion SET state = :state, changed_at = now() WHERE id = :id", {"id": found.id, "state": state})
    audit.record(f"promotion.{deed}", f"promotion:{found.id}", note=note)
    compose(program_id, turn, actor=audit.origin().actor, note=note or f"{deed} {code}")
    return listing.one(program_id, code)


def _refuse(found: Promotion, state: str) -> None:
    raise Conflict("bad_phase", f"{found.code} is {found.phase}; it cannot be {state} now.", phase=found.phase)
