"""Merging two members who are one person: everything of the one becomes the other's, and the trail says what.

Points move by the ledger (`merge_wallets`: lots with their funding, age and end, and what is owed); identifiers,
visibility, consents, tiers, the subscription and the family seat move here. Purchases and orders keep the name they
were made under, and resolve to the survivor. A merged member holds nothing, is recognised by nothing, and is never
merged again; whom it was merged into is one step away, however often that one was merged since.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from coalition import ledger, partners, programs
from coalition.kernel import audit, clock, outbox
from coalition.kernel.db import AnyRow, RacingKey, execute, fetch_all, fetch_one, session
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.ledger import AccountKind
from coalition.members.blocking import demand_reason
from coalition.members.handing import hand_over
from coalition.members.qualifying import climb, settle
from coalition.members.telling import changed

_MOST = 200
_COLUMNS = "id, program_id, from_id, into_id, reason, actor, merged_at, facts"


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge: who became whom, why, by whom, and what was moved (`facts`)."""

    id: int
    program_id: int
    from_id: int
    into_id: int
    reason: str
    actor: str
    merged_at: dt.datetime
    facts: dict[str, Any]


def merge(program_id: int, from_id: int, into_id: int, *, reason: str) -> Merge:
    """Make one member of two. The same merge again returns the first.

    Locks both members, then their wallets. Raises NotFound, Invalid without a reason or for one member twice, Conflict
    `member_merged` if either was merged elsewhere, `holds_open` while the one that goes has points set aside.
    """
    demand_reason(reason)
    if from_id == into_id:
        raise Invalid("invalid", "These are one member already.")
    states = _lock(program_id, from_id, into_id)
    if (done := _trail_of(from_id)) is not None and done.into_id == into_id:
        return done
    if set(states.values()) != {"active"}:
        raise Conflict("member_merged", "One of the members was merged or closed before.")
    facts = {"wallets": move_points(program_id, from_id, into_id, f"merge-{from_id}"), **hand_over(from_id, into_id)}
    if programs.pilots(program_id, [from_id]):
        programs.add_pilots(program_id, [into_id])
    settle([from_id, into_id], "merged", clock.now())
    execute("UPDATE member SET state = 'merged', merged_into = :into WHERE id = :from", _pair(from_id, into_id))
    execute("UPDATE member SET merged_into = :into WHERE merged_into = :from", _pair(from_id, into_id))
    climb(program_id, into_id)
    return _record(program_id, from_id, into_id, reason, facts)


def explain_merge(program_id: int, member_id: int) -> list[Merge]:
    """Every merge by which this member came to be or ended, oldest first: what was moved, why and by whom.

    Merges into those that were merged into it are told, too. At most 200.
    """
    rows = fetch_all(
        "WITH RECURSIVE chain AS ("
        f" SELECT {_COLUMNS} FROM member_merge WHERE :member IN (into_id, from_id) AND program_id = :program"
        " UNION SELECT m.id, m.program_id, m.from_id, m.into_id, m.reason, m.actor, m.merged_at, m.facts"
        " FROM member_merge m JOIN chain c ON m.into_id = c.from_id)"
        f" SELECT {_COLUMNS} FROM chain ORDER BY id LIMIT :most",
        {"member": member_id, "program": program_id, "most": _MOST},
    )
    return [Merge(**row._mapping) for row in rows]


def survivor(member_id: int) -> int:
    """Who a member is today: itself, or the one that it was merged into."""
    row = fetch_one("SELECT merged_into FROM member WHERE id = :id", {"id": member_id})
    return row.merged_into if row is not None and row.merged_into is not None else member_id


def follow(limit: int) -> int:
    """Let points that were on their way to a member while it was merged follow it; how many members had some.

    A purchase that recognised a member just before the merge posts to its wallet just after: for a job. The survivor
    climbs to what it has then, and `member.merged` is told again.
    """
    rows = fetch_all(
        "SELECT id, program_id, from_id, into_id FROM member_merge WHERE merged_at > now() - interval '7 days'"
        " ORDER BY id DESC LIMIT :limit",
        {"limit": limit},
    )
    stray = ledger.holders([row.from_id for row in rows]) if rows else set()
    return sum(_follow(row) for row in rows if row.from_id in stray)


def _follow(row: AnyRow) -> bool:
    """Move what strayed to one merged member; False where some of it is set aside: then at a later run."""
    into_id = survivor(row.from_id)
    key = f"merge-{row.from_id}-{_mark(row.from_id)}"
    try:
        with session().begin_nested():
            moved = move_points(row.program_id, row.from_id, into_id, key)
    except Conflict:
        return False
    climb(row.program_id, into_id)
    _announce(row.program_id, row.from_id, into_id)  # what else was on its way follows, too
    audit.record("member.follow", f"member:{into_id}", from_member=row.from_id, wallets=moved)
    return True


def move_points(program_id: int, from_id: int, into_id: int, key: str) -> list[dict[str, int]]:
    """Move every wallet of one member into the other's; what was moved, by currency."""
    operator_id = partners.operator(program_id).id
    moved = []
    for purse in ledger.balances(program_id, from_id):
        target = ledger.account(program_id, purse.currency_id, AccountKind.WALLET, into_id)
        done = ledger.merge_wallets(
            purse.account_id,
            target,
            program_id=program_id,
            currency_id=purse.currency_id,
            partner_id=operator_id,
            external_id=f"{key}-{purse.currency_id}",
            request_hash=hashlib.sha256(f"{from_id}>{into_id}".encode()).digest(),
            occurred_at=clock.now(),
        )
        moved.append({"currency_id": purse.currency_id, "amount": done.amount, "arrears": done.arrears})
    return moved


def _record(program_id: int, from_id: int, into_id: int, reason: str, facts: dict[str, Any]) -> Merge:
    execute(
        "INSERT INTO member_merge (program_id, from_id, into_id, reason, actor, facts)"
        " VALUES (:program, :from, :into, :reason, :actor, CAST(:facts AS jsonb))",
        {
            **_pair(from_id, into_id),
            "program": program_id,
            "reason": reason,
            "actor": audit.origin().actor,
            "facts": json.dumps(facts),
        },
    )
    audit.record("member.merge", f"member:{into_id}", from_member=from_id, reason=reason, **facts)
    _announce(program_id, from_id, into_id)
    changed(from_id, "identifiers", "state")
    changed(into_id, "identifiers")
    found = _trail_of(from_id)
    if found is None:
        raise RacingKey
    return found


def _announce(program_id: int, from_id: int, into_id: int) -> None:
    payload = {"program_id": program_id, "from_id": from_id, "into_id": into_id}
    outbox.publish("member.merged", payload, key=f"member:{into_id}")


def _trail_of(from_id: int) -> Merge | None:
    row: AnyRow | None = fetch_one(f"SELECT {_COLUMNS} FROM member_merge WHERE from_id = :id", {"id": from_id})
    return Merge(**row._mapping) if row else None


def _lock(program_id: int, *member_ids: int) -> dict[int, str]:
    rows = fetch_all(
        "SELECT id, state FROM member WHERE id = ANY(:ids) AND program_id = :program ORDER BY id FOR UPDATE",
        {"ids": list(member_ids), "program": program_id},
    )
    if len(rows) < len(member_ids):
        raise NotFound()
    return {row.id: row.state for row in rows}


def _mark(member_id: int) -> int:
    """What tells one following from the next: the instant, in microseconds."""
    return int(clock.now().timestamp() * 1_000_000)


def _pair(from_id: int, into_id: int) -> dict[str, Any]:
    return {"from": from_id, "into": into_id}
