"""Climbing and falling: members reach a tier at once, keep it through the end of the next period, then fall by a job.

A **grant** says which tier a member has, from what (qualified, a subscription, the staff) and until when; the member's
tier is the best of its live grants. Qualifying anew in a later period renews a grant, and a lower tier reached then
waits under a higher one that is running out, so that nobody falls further than earned. Members' rows are locked in
ascending order; every change is a row of the history and an event `tier.changed`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

from coalition import ledger, programs
from coalition.kernel import clock, outbox
from coalition.kernel.db import load_sql, raw
from coalition.members.tiers import Ladder, Tier, ladder

UP, KEEP = "up", "keep"
_RENEWED = """
    SELECT g.member_id, g.tier_id FROM tier_grant g
     WHERE g.member_id = ANY(%s) AND g.source = 'qualified' AND g.until >= %s"""
_GRANT = """
    INSERT INTO tier_grant AS g (member_id, tier_id, source, until)
    SELECT m, t, %s, u FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) x(m, t, u) ORDER BY m
    ON CONFLICT (member_id, tier_id, source) DO UPDATE SET until = greatest(g.until, excluded.until)"""
_LAPSED = "SELECT DISTINCT member_id FROM tier_grant WHERE until <= %s ORDER BY member_id LIMIT %s"


def qualify(program_id: int, points: Mapping[int, int]) -> None:
    """Let members climb whose wallets of the ladder's currency hold these points after a posting: {member: points}.

    Those points bound what was gathered in the running period, so that nothing is asked where they reach no tier, and
    one statement where the tier they reach is had already. Before a tier is given, the ledger tells what was earned
    within the period. Points that occurred in an earlier one come too late.
    """
    known, now = ladder(program_id), clock.now()
    perhaps = {member: tier for member, held in points.items() if (tier := known.earned(held))}
    if not perhaps:
        return
    since, _ = programs.tier_period(known.months, now, zone := programs.get(program_id).zone)
    until = valid_until(known, now, zone)
    renewed = set(raw().execute(_RENEWED, (list(perhaps), until)).fetchall())
    climbing = [member for member, tier in perhaps.items() if (member, tier.id) not in renewed]
    reached = _reached(program_id, known, climbing, since, now) if climbing else {}
    if there := _lock(reached) if reached else ():
        grant({member: (reached[member], until) for member in there}, "qualified")
        settle(there, "qualified", now)


def climb(program_id: int, member_id: int) -> None:
    """Let one member climb to what the ledger says that it has gathered, however it came by it (a merge)."""
    qualify(program_id, {member_id: ledger.AMOUNT_MAX})


def lapse(limit: int) -> int:
    """Let members fall whose grants have run out, at most `limit`; how many had some. For a job, a chunk a call."""
    now = clock.now()
    members = [member for (member,) in raw().execute(_LAPSED, (now, limit))]
    if members:
        _lock(members)
        settle(members, "lapsed", now)
    return len(members)


def give_tier(program_id: int, member_id: int, tier: str, *, days: int | None = None) -> bool:
    """Let a member have a tier because a promotion says so, for `days` or through the end of the next period.

    `tier` is a code, `up` for the one above its own, `keep` for its own. A member who has a better tier keeps that: the
    best grant counts. False where the ladder has no such tier, and for a member merged or closed. Locks the member.
    """
    known, now = ladder(program_id), clock.now()
    if not _lock([member_id]):
        return False
    rank = _rank(known, member_id)
    above = [one for one in known.tiers if one.rank > rank]
    found = known.by_code.get(tier)
    if tier == UP:
        found = min(above, key=lambda one: one.rank) if above else None
    elif tier == KEEP:
        found = next((one for one in known.tiers if one.rank == rank), None)
    if found is None:
        return False
    zone = programs.get(program_id).zone
    until = now + dt.timedelta(days=days) if days else valid_until(known, now, zone)
    grant({member_id: (found, until)}, "promotion")
    settle([member_id], "promotion", now)
    return True


def grant(grants: Mapping[int, tuple[Tier, dt.datetime]], source: str) -> None:
    """Give members a tier until an instant, or longer if they have it longer from the same source. See `settle`."""
    if rows := sorted((member, tier.id, until) for member, (tier, until) in grants.items()):
        raw().execute(_GRANT, (source, *map(list, zip(*rows, strict=True))))


def settle(member_ids: Collection[int], why: str, now: dt.datetime) -> None:
    """Bring members' tiers into line with their grants, forget those that have run out, and tell who has changed."""
    members = sorted(member_ids)
    raw().execute("DELETE FROM tier_grant WHERE member_id = ANY(%s) AND until <= %s", (members, now))
    changed = raw().execute(load_sql(__file__, "settle.sql"), {"members": members, "why": why, "now": now}).fetchall()
    for member_id, program_id, before, after, until in changed:
        payload = {"program_id": program_id, "member_id": member_id, "from": before, "to": after, "why": why}
        told = {**payload, "until": until.isoformat() if until else None}
        outbox.publish("tier.changed", told, key=f"member:{member_id}")


def valid_until(known: Ladder, now: dt.datetime, zone: str) -> dt.datetime:
    """When a tier reached now ends: with the period after the one in which `now` falls."""
    _, ends_at = programs.tier_period(known.months, now, zone)
    last = clock.local_date(ends_at - dt.timedelta(microseconds=1), zone)
    return clock.end_of_last_day(clock.add_months(last, known.months or 12), zone)


def _reached(
    program_id: int, known: Ladder, members: list[int], since: dt.datetime, now: dt.datetime
) -> dict[int, Tier]:
    if known.currency_id is None:
        return {}
    wallets = ledger.accounts(program_id, known.currency_id, ledger.AccountKind.WALLET, members)
    held = ledger.gathered(list(wallets.values()), since, now + dt.timedelta(microseconds=1))
    return {member: tier for member in members if (tier := known.earned(held.get(wallets[member], 0)))}


def _rank(known: Ladder, member_id: int) -> int:
    """The rank of a member's tier; below all others for the base."""
    row = raw().execute("SELECT tier FROM member WHERE id = %s", (member_id,)).fetchone()
    own = known.by_code.get(row[0]) if row else None
    return own.rank if own else -1


def _lock(member_ids: Iterable[int]) -> list[int]:
    """Lock members; those that are still there: one who was merged meanwhile holds nothing any more."""
    sql = "SELECT id FROM member WHERE id = ANY(%s) AND state = 'active' ORDER BY id FOR UPDATE"
    return [number for (number,) in raw().execute(sql, (sorted(member_ids),))]
