"""News of points that end: for the partner that enrolled the member. Thirty days before it is told once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from coalition import ledger, members, programs
from coalition.kernel import clock, ids, jobs, outbox
from coalition.kernel.outbox import Event
from coalition.partners import webhooks
from coalition.partners.webhooks import News, Wanted, translates

AHEAD = dt.timedelta(days=30)
_CHUNK = 1000


@translates("points.expired")
def expired(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """Points have expired, many in one event."""
    partners = wanted.get("points.expired", frozenset())
    if not partners:
        return
    told = [(event, ledger.expired(event.payload)) for event in events]
    owners = ledger.owners({account_id for _, rows in told for account_id, *_ in rows})
    enrollers = members.enrollers(owners.values())
    for event, rows in told:
        code = programs.currency_by_id(event.payload["currency_id"]).code
        for account_id, entry_id, points, ended in rows:
            member_id = owners.get(account_id, 0)
            partner_id = enrollers.get(member_id, 0)
            if partner_id in partners:
                data = _data(member_id, points, code) | {"expired_at": ended}
                head = ("points.expired", partner_id, ids.public("mbr", member_id), f"entry:{account_id}:{entry_id}")
                yield News(*head, dt.datetime.fromisoformat(ended), data, event.id)


@translates("points.expiring")
def expiring(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """Points will expire soon, as the daily look has found."""
    partners = wanted.get("points.expiring", frozenset())
    for event in events:
        for partner_id, member_id, account_id, points, currency_id, ends in event.payload["expiring"]:
            if partner_id in partners:
                data = _data(member_id, points, programs.currency_by_id(currency_id).code) | {"expires_at": ends}
                cause = f"expiring:{account_id}:{ends}"
                head = ("points.expiring", partner_id, ids.public("mbr", member_id), cause)
                yield News(*head, clock.now(), data, event.id)


@jobs.handles("webhooks.expiring")
def look_ahead(task: jobs.Task) -> None:
    """Find points that end within thirty days, wallet by wallet, where a partner wants to know."""
    partners = task.step(lambda: webhooks.wanted().get("points.expiring", frozenset()))
    for program in task.step(programs.list_programs) if partners else []:
        after: int | None = 0
        while after is not None:
            after = task.step(lambda after=after, of=program.id: _look(of, after, partners))  # type: ignore[misc]


def _look(program_id: int, after: int, partner_ids: Collection[int]) -> int | None:
    """Tell what of the next wallets ends soon; the account where to go on."""
    now = clock.now()
    found, last = ledger.ending(program_id, after, _CHUNK, now, now + AHEAD)
    enrollers = members.enrollers({one.member_id for one in found})
    rows = [
        (
            enrollers[one.member_id],
            one.member_id,
            one.account_id,
            one.points,
            one.currency_id,
            one.expires_at.isoformat(),
        )
        for one in found
        if enrollers.get(one.member_id) in partner_ids
    ]
    if rows:
        outbox.publish("points.expiring", {"expiring": rows}, key=f"program:{program_id}")
    return last


def _data(member_id: int, points: int, currency: str) -> dict[str, Any]:
    return {"member_id": ids.public("mbr", member_id), "points": {"amount": points, "currency": currency}}


jobs.every("webhooks.expiring", 86_400, "webhooks.expiring")
