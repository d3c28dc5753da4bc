"""What a person decides about a feed run: take what was held, leave it, or go back to an earlier file.

Nothing is done by hand: an approved file goes through the same pipeline once more, with the guards lifted that the
person has looked at. All functions belong inside the door's transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from catalog.suppliers import feeds, runs
from catalog.suppliers.guarding import WAIVABLE
from catalog.suppliers.runs import FeedRun
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict

# Whether a newer file than that of a run `r` was taken.
_NEWER = """EXISTS (SELECT FROM feed_run n WHERE n.feed_id = r.feed_id AND n.id > r.id AND NOT n.dry_run
    AND (n.state = 'applied' OR n.state = 'held' AND NOT 'all' = ANY(n.holds)))"""
GUARDED = ("ids_changed", "too_many_missing", "too_short")  # refused by a guard that a person may lift
_LIFTS = {"all": "prices", "removals": "removals", "stock": "stock"}


def approve(run_id: int, reason: str) -> FeedRun:
    """Take what was held of a run; the waiting run that will do it, with its job.

    Missing offers go off sale at once, prices are taken as they stand in the file, counts as of when they were made.
    Raises NotFound, Conflict `run_not_held`, `run_decided`, or `run_superseded` by a newer file that was taken.
    """
    held = _decide(run_id, "approved", reason)
    waived = sorted({_LIFTS[part] for part in held.holds} | set(held.waived))
    return runs.request_run(held.feed_id, of_run=held, waived=waived)


def reject(run_id: int, reason: str) -> FeedRun:
    """Leave things as they are: what was held of the run is never taken. Raises as `approve` does."""
    return _decide(run_id, "rejected", reason)


def roll_back(run_id: int, reason: str) -> FeedRun:
    """Make the file of an earlier run the catalog again, whatever the guards say; the waiting run that will do it.

    Its counts of stock are as old as they were, and give way to newer ones. The feed is not fetched any more until
    somebody enables it: or else the next file would undo this. Raises NotFound, Conflict `run_has_no_file`.
    """
    earlier = runs.run(run_id)
    if earlier.file_key is None or earlier.dry_run or earlier.state not in ("applied", "held"):
        raise Conflict("run_has_no_file", "Only a run whose file was taken can be gone back to.")
    feeds.enable_feed(earlier.feed_id, enabled=False)
    audit.record("feed.roll_back", f"feed:{earlier.feed_id}", run_id=run_id, reason=reason)
    return runs.request_run(earlier.feed_id, of_run=earlier, waived=WAIVABLE)


def apply_refused(run_id: int, waive: Sequence[str], reason: str) -> FeedRun:
    """Try a refused file once more with some guards lifted: a supplier may have a new assortment under new ids.

    Raises NotFound, Conflict `run_has_no_file` for one that was not refused by a guard.
    """
    refused = runs.run(run_id)
    if refused.reason_code not in GUARDED or refused.dry_run:
        raise Conflict("run_has_no_file", "Only a file that a guard has refused can be tried again.")
    lifted = sorted(set(waive) & set(WAIVABLE))
    audit.record("feed.waive", f"feed:{refused.feed_id}", run_id=run_id, waive=lifted, reason=reason)
    return runs.request_run(refused.feed_id, of_run=refused, waived=lifted)


def undecided_runs(program_id: int, before: dt.datetime, limit: int) -> list[int]:
    """The runs of a program's feeds before an instant of which a part waits for a decision that nothing newer has made
    needless, oldest first."""
    rows = fetch_all(
        "SELECT r.id FROM feed_run r JOIN feed f ON f.id = r.feed_id JOIN supplier s ON s.id = f.supplier_id"
        f" WHERE s.program_id = :program AND r.created_at < :before AND r.state = 'held' AND r.decision IS NULL"
        f"   AND NOT {_NEWER} ORDER BY r.id LIMIT :limit",
        {"program": program_id, "before": before, "limit": limit},
    )
    return [row.id for row in rows]


def overtaken(run_id: int) -> bool:
    """Whether a newer file of the feed was taken while this run was on its way: then it would undo that one.

    What a person approved is as old as the run that was held; who goes back to an earlier file means to undo others.
    Call under the feed's lock (`check` takes it).
    """
    found = fetch_one(
        "SELECT EXISTS (SELECT FROM feed_run n WHERE n.feed_id = r.feed_id AND NOT n.dry_run AND n.id <> r.id"
        " AND (n.state = 'applied' OR n.state = 'held' AND NOT 'all' = ANY(n.holds)) AND n.id > CASE WHEN"
        " h.decision = 'approved' AND NOT r.waived @> CAST(:all AS text[]) THEN h.id ELSE r.id END) AS overtaken"
        " FROM feed_run r LEFT JOIN feed_run h ON h.id = r.of_run_id WHERE r.id = :id",
        {"id": run_id, "all": list(WAIVABLE)},
    )
    return bool(found and found.overtaken)


def _decide(run_id: int, decision: str, reason: str) -> FeedRun:
    """Write the decision down, once, and only while nothing newer was taken."""
    changed = execute(
        "UPDATE feed_run r SET decision = :decision, decided_by = :actor, decided_at = now(), decision_reason = :reason"
        f" WHERE r.id = :id AND r.state = 'held' AND r.decision IS NULL AND NOT {_NEWER}",
        {"id": run_id, "decision": decision, "actor": audit.origin().actor, "reason": reason[:500]},
    )
    found = runs.run(run_id)
    if not changed:
        if found.state != "held":
            raise Conflict("run_not_held", "Nothing of this run waits for a decision.")
        if found.decision is not None:
            raise Conflict("run_decided", f"This run was {found.decision} already.")
        raise Conflict("run_superseded", "A newer file was taken meanwhile; decide on its run.")
    audit.record(f"feed_run.{decision}", f"feed_run:{run_id}", feed_id=found.feed_id, reason=reason)
    return found
