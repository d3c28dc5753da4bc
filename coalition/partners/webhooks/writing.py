"""Writing down what endpoints are to be told: events, deliveries, and for each endpoint and subject a line of its own.

In a line deliveries are numbered from 1 without a gap, and only its first waiting one has an hour at which it is due
(`due_at`): nothing of a member is sent before what happened to it earlier has been delivered or has died. Whoever
writes into a line or takes out of it holds the endpoint's row, which no purchase ever touches.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coalition.kernel import jobs
from coalition.kernel.db import execute, execute_many, fetch_all, fetch_one
from coalition.partners.webhooks.asking import number
from coalition.partners.webhooks.news import News
from coalition.partners.webhooks.schedule import PATIENCE

JOB = "webhooks.endpoint"
_EVENTS = """
    INSERT INTO webhook_event (program_id, partner_id, type, about, cause, occurred_at, data)
    SELECT p.program_id, p.id, n.type, n.about, n.cause, n.occurred_at, n.data
      FROM jsonb_to_recordset(CAST(:news AS jsonb))
           n(no int, partner_id int, type text, about text, cause text, occurred_at timestamptz, data jsonb)
      JOIN partner p ON p.id = n.partner_id ORDER BY n.no
        ON CONFLICT (partner_id, type, cause) DO NOTHING RETURNING id, partner_id, type, about, cause"""
_ENDPOINTS = """
    SELECT id, partner_id, event_types, state, since_event FROM webhook_endpoint
     WHERE partner_id = ANY(:partners) AND state <> 'deleted' ORDER BY id LIMIT 10000 FOR NO KEY UPDATE"""
_NUMBERS = """
    INSERT INTO webhook_line AS l (endpoint_id, about, last_sequence)
    SELECT * FROM unnest(CAST(:endpoints AS bigint[]), CAST(:abouts AS text[]), CAST(:counts AS bigint[]))
        ON CONFLICT (endpoint_id, about) DO UPDATE SET last_sequence = l.last_sequence + excluded.last_sequence
    RETURNING endpoint_id, about, last_sequence"""
_WAITING = """
    SELECT DISTINCT d.endpoint_id, d.about FROM webhook_delivery d
      JOIN unnest(CAST(:endpoints AS bigint[]), CAST(:abouts AS text[])) w(endpoint_id, about)
           USING (endpoint_id, about)
     WHERE d.state = 'waiting' AND NOT d.again"""
_DELIVERY = """
    INSERT INTO webhook_delivery (partner_id, endpoint_id, event_id, about, sequence, state, reason, due_at, decided_at,
           give_up_at)
    VALUES (:partner_id, :endpoint_id, :event_id, :about, :sequence,
           CASE WHEN :on THEN 'waiting' ELSE 'dead' END, CASE WHEN NOT :on THEN 'endpoint_off' END,
           CASE WHEN :on AND :first THEN now() END, CASE WHEN NOT :on THEN clock_timestamp() END, now() + :patience)"""
# Of these events, those that were not committed yet when the endpoint was made, though a later one was.
_LATE = """
    SELECT e.id AS endpoint_id, o.id AS event_id FROM webhook_endpoint e JOIN outbox o ON o.id = ANY(:events)
     WHERE e.id = ANY(:endpoints) AND o.id <= e.since_event AND o.xid <> e.made_xid
       AND NOT pg_visible_in_snapshot(o.xid, e.since_snapshot)"""


def store(news: Sequence[News]) -> None:
    """Keep what is new of these news, number it in the change feeds, and let every endpoint that wants it be told."""
    if not news:
        return
    facts = [
        {
            "no": no,
            **{name: getattr(one, name) for name in ("partner_id", "type", "about", "cause", "data")},
            "occurred_at": one.occurred_at.isoformat(),
        }
        for no, one in enumerate(news)
    ]
    events = sorted(fetch_all(_EVENTS, {"news": json.dumps(facts)}), key=lambda row: row.id)
    number(events)
    endpoints = fetch_all(_ENDPOINTS, {"partners": sorted({event.partner_id for event in events})})
    _deliver(events, endpoints, {(one.partner_id, one.type, one.cause): one.event_id for one in news})
    start(endpoint.id for endpoint in endpoints if endpoint.state == "on")


def start(endpoint_ids: Iterable[int]) -> None:
    """See to it that what is due to these endpoints is sent soon. The caller holds their rows."""
    for endpoint_id in sorted(set(endpoint_ids)):
        due = fetch_one(
            "SELECT greatest(min(d.due_at), e.rest_until) AS at, bool_or(d.due_at <= now()) AS now, e.job_id, j.state"
            " FROM webhook_endpoint e JOIN webhook_delivery d ON d.endpoint_id = e.id AND d.due_at IS NOT NULL"
            " LEFT JOIN job j ON j.id = e.job_id WHERE e.id = :id GROUP BY e.id, j.id",
            {"id": endpoint_id},
        )
        if due is None or due.at is None:
            continue
        if due.state not in ("due", "running"):
            follow_up(endpoint_id, due.at)
        elif due.now:
            jobs.hasten(due.job_id)


def follow_up(endpoint_id: int, due_at: Any) -> None:
    """Ask for the next turn of an endpoint at an instant. The caller holds its row."""
    row = fetch_one("UPDATE webhook_endpoint SET runs = runs + 1 WHERE id = :id RETURNING runs", {"id": endpoint_id})
    assert row is not None
    job_id = jobs.enqueue(JOB, {"endpoint": endpoint_id}, due_at=due_at, key=f"{endpoint_id}:{row.runs}")
    execute("UPDATE webhook_endpoint SET job_id = :job WHERE id = :id", {"job": job_id, "id": endpoint_id})


def _deliver(events: Sequence[Any], endpoints: Sequence[Any], source: Mapping[tuple[int, str, str], int]) -> None:
    """One delivery for each event and endpoint that has chosen its type, numbered in their lines.

    An endpoint is not told of what had been committed before it was made; `source` names each event's place.
    """
    of_partner = defaultdict(list)
    for endpoint in endpoints:
        of_partner[endpoint.partner_id].append(endpoint)
    pairs = [
        (endpoint, event)
        for event in events
        for endpoint in of_partner[event.partner_id]
        if event.type in endpoint.event_types
    ]
    pairs = _since([(endpoint, event, source[event.partner_id, event.type, event.cause]) for endpoint, event in pairs])
    if not pairs:
        return
    counts = Counter((endpoint.id, event.about) for endpoint, event in pairs)
    last, waiting = _numbered(counts), _waiting(counts)
    rows = []
    for endpoint, event in pairs:
        line = (endpoint.id, event.about)
        rows.append(
            {
                "partner_id": event.partner_id,
                "endpoint_id": endpoint.id,
                "event_id": event.id,
                "about": event.about,
                "sequence": last[line] - counts[line] + 1,
                "on": endpoint.state == "on",
                "first": line not in waiting,
                "patience": PATIENCE,
            }
        )
        counts[line] -= 1
        waiting.add(line)
    execute_many(_DELIVERY, rows)


def _since(pairs: Sequence[tuple[Any, Any, int]]) -> list[tuple[Any, Any]]:
    """The pairs of which the event (its place is the third) was committed after the endpoint was made.

    A greater id says so. A smaller one does not say the contrary: its transaction may have been open for long.
    """
    before = [(endpoint.id, place) for endpoint, _, place in pairs if place <= endpoint.since_event]
    late: set[tuple[int, int]] = set()
    if before:
        asked = {"endpoints": [endpoint for endpoint, _ in before], "events": [place for _, place in before]}
        late = {(row.endpoint_id, row.event_id) for row in fetch_all(_LATE, asked)}
    return [
        (endpoint, event)
        for endpoint, event, place in pairs
        if place > endpoint.since_event or (endpoint.id, place) in late
    ]


def _numbered(counts: Mapping[tuple[int, str], int]) -> dict[tuple[int, str], int]:
    rows = fetch_all(_NUMBERS, {**_columns(counts), "counts": [counts[line] for line in sorted(counts)]})
    return {(row.endpoint_id, row.about): row.last_sequence for row in rows}


def _waiting(lines: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    return {(row.endpoint_id, row.about) for row in fetch_all(_WAITING, _columns(lines))}


def _columns(lines: Iterable[tuple[int, str]]) -> dict[str, list[Any]]:
    ordered = sorted(lines)
    return {"endpoints": [endpoint for endpoint, _ in ordered], "abouts": [about for _, about in ordered]}
