"""Drafts in the shadow of live traffic: every new purchase is played to them, and nobody gets anything.

A job follows what was recorded, some minutes behind, so that a till waits for nothing and every transaction that could
still bring a purchase with a lower number has ended (a worker's lease is 45 seconds). A shadow's counters begin unused
and are kept; only what the watched promotions would have given is written down.

Locks: the shadow, until the transaction ends; two workers take turns.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from coalition import programs, promotions, purchases
from coalition.insight.backtests.booking import Books
from coalition.insight.backtests.counters import Counters, counters_for
from coalition.insight.backtests.playing import Side
from coalition.insight.backtests.seen import Award, Seen
from coalition.kernel import audit
from coalition.kernel.db import AnyRow, execute, execute_many, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.promotions import Rehearsal, engine
from coalition.promotions.granting import enriched
from coalition.purchases import Replayed, Span

LAG_S = 300
BLOCK = 500
_MOST = 100
_COLUMNS = "id, program_id, title, watched, seen, started_by, started_at, stopped_at"
_EVER = (dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 1, 1, tzinfo=dt.UTC))


@dataclass(frozen=True, slots=True)
class Shadow:
    """Drafts that live traffic is played to: `watched` are their ids, `seen` how many purchases they have seen."""

    id: int
    program_id: int
    title: str
    watched: Sequence[str]
    seen: int
    started_by: str
    started_at: dt.datetime
    stopped_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Cast:
    """What a promotion of a shadow would have given: units of a currency, for so many receipts and members."""

    promotion: str
    currency: str
    units: int
    receipts: int
    members: int


def start_shadow(program_id: int, documents: Sequence[Mapping[str, Any]], *, title: str = "") -> int:
    """Let drafts run in the shadow of what is recorded from now on; the shadow's number. Raises Invalid."""
    tried = promotions.rehearse(program_id, documents, always=True)
    watched = sorted(str(one["id"]) for one in documents)
    row = fetch_one(
        "INSERT INTO shadow (program_id, title, candidate, watched, after_id, started_by)"
        " SELECT :program, :title, CAST(:candidate AS jsonb), :watched, coalesce(max(id), 0), :actor FROM purchase"
        " RETURNING id",
        {
            "program": program_id,
            "title": title or ", ".join(watched)[:200],
            "candidate": json.dumps(tried.stored()),
            "watched": watched,
            "actor": audit.origin().actor,
        },
    )
    assert row is not None
    audit.record("shadow.start", f"program:{program_id}", number=row.id, watched=watched)
    return int(row.id)


def stop_shadow(number: int) -> None:
    """End a shadow. Raises NotFound, and Conflict `shadow_over`."""
    if not execute("UPDATE shadow SET stopped_at = now() WHERE id = :id AND stopped_at IS NULL", {"id": number}):
        shadow(number)
        raise Conflict("shadow_over", "This shadow was stopped before.")
    audit.record("shadow.stop", f"shadow:{number}")


def shadow(number: int) -> Shadow:
    """A shadow. Raises NotFound."""
    row = fetch_one(f"SELECT {_COLUMNS} FROM shadow WHERE id = :id", {"id": number})
    if row is None:
        raise NotFound()
    return Shadow(**row._mapping)


def shadows(program_id: int) -> list[Shadow]:
    """The shadows of a program, the latest first; at most a hundred."""
    query = f"SELECT {_COLUMNS} FROM shadow WHERE program_id = :program ORDER BY id DESC LIMIT {_MOST}"
    return [Shadow(**row._mapping) for row in fetch_all(query, {"program": program_id})]


def running_shadows() -> list[int]:
    """The numbers of the shadows that run, of all programs; at most a hundred."""
    rows = fetch_all(f"SELECT id FROM shadow WHERE stopped_at IS NULL ORDER BY id LIMIT {_MOST}")
    return [row.id for row in rows]


def cast(number: int) -> list[Cast]:
    """What a shadow would have given so far, by promotion and currency."""
    rows = fetch_all(
        "SELECT promotion, currency, sum(units)::bigint, count(DISTINCT purchase_id), count(DISTINCT member_id)"
        " FROM shadow_award WHERE shadow_id = :id GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1000",
        {"id": number},
    )
    return [Cast(*row) for row in rows]


def follow(number: int, *, lag_s: int = LAG_S) -> bool:
    """Play the next purchases to a shadow; whether there may be more."""
    row = fetch_one("SELECT * FROM shadow WHERE id = :id AND stopped_at IS NULL FOR UPDATE", {"id": number})
    if row is None:
        return False
    upto = purchases.settled_upto(row.after_id, lag_s)
    span = Span(row.program_id, *_EVER, upto=upto)
    found = purchases.replayed(span, row.after_id, BLOCK)
    if found:
        _play(row, found)
    return len(found) == BLOCK


def _play(row: AnyRow, found: Sequence[Replayed]) -> None:
    rules = promotions.rehearsal_of(row.program_id, row.candidate)
    policies = programs.policies(row.program_id)
    zone = policies.program.zone
    events = enriched(rules, [one.happening for one in found], [one.known for one in found], tz=zone)
    side = Side(rules, lambda promotion, seen: ((0, 1),), Books(policies), quoted=False)
    side.counters = _counters(row.id, rules, events)
    awards: list[tuple[Seen, Award]] = []
    for one, event in zip(found, events, strict=True):
        of = one.happening
        day = of.occurred_at.astimezone(ZoneInfo(zone)).date()
        seen = Seen(one.id, of.member_id, day, of.partner.id, one.outlet_id, of.tier, one.spent, 0, one.base)
        awards += [(seen, award) for award in side.play(event, seen).awards if award.promotion in row.watched]
    _keep(row.id, awards, side.counters)
    execute(
        "UPDATE shadow SET after_id = :after, seen = seen + :seen WHERE id = :id",
        {"id": row.id, "after": found[-1].id, "seen": len(found)},
    )


def _counters(number: int, rules: Rehearsal, events: Sequence[Mapping[str, Any]]) -> Counters:
    """What the shadow has used of the counters that these events can ask for."""
    keys = sorted({key for event in events for key in engine.limits(rules.program, rules.index, event)})
    rows = fetch_all(
        "SELECT key, day, used FROM shadow_counter WHERE shadow_id = :id AND key = ANY(:keys) ORDER BY key, day",
        {"id": number, "keys": keys},
    )
    found = counters_for(rules.promotions)
    for row in rows:
        found.day = row.day
        found.use({row.key: row.used})
    found.changed = {}
    return found


def _keep(number: int, awards: Sequence[tuple[Seen, Award]], counters: Counters) -> None:
    if awards:
        execute_many(
            "INSERT INTO shadow_award (shadow_id, purchase_id, no, member_id, occurred_on, promotion, currency, units)"
            " VALUES (:id, :purchase, :no, :member, :day, :promotion, :currency, :units)",
            [
                {
                    "id": number,
                    "purchase": seen.purchase_id,
                    "no": no,
                    "member": seen.member_id,
                    "day": seen.day,
                    "promotion": award.promotion,
                    "currency": award.currency,
                    "units": award.units,
                }
                for no, (seen, award) in enumerate(awards)
            ],
        )
    if counters.changed:
        execute_many(
            "INSERT INTO shadow_counter AS c (shadow_id, key, day, used) VALUES (:id, :key, :day, :used)"
            " ON CONFLICT (shadow_id, key, day) DO UPDATE SET used = c.used + excluded.used",
            [{"id": number, "key": key, "day": day, "used": used} for (key, day), used in counters.changed.items()],
        )
