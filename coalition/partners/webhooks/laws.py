"""The laws of webhooks: numbered lines, in order, decided in time, signed, and only what is the partner's own."""

from __future__ import annotations

from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "WH1",
        "an endpoint has one newest secret, and at most one older one lives beside it",
        """SELECT e.id, e.program_id FROM webhook_endpoint e
             LEFT JOIN webhook_secret s ON s.endpoint_id = e.id AND (s.ends_at IS NULL OR s.ends_at > now())
            WHERE e.state <> 'deleted' GROUP BY e.id
           HAVING count(s.id) FILTER (WHERE s.ends_at IS NULL) <> 1 OR count(s.id) > 2""",
    ),
    Law(
        "WH2",
        "nothing in a line is tried before everything earlier in it is decided",
        """SELECT o.id FROM (
             SELECT d.id, d.attempts, bool_or(d.state = 'waiting') OVER earlier AS waits,
                    max(d.decided_at) OVER earlier AS decided_at
               FROM webhook_delivery d WHERE NOT d.again
             WINDOW earlier AS (PARTITION BY d.endpoint_id, d.about ORDER BY d.sequence
                                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) o
            WHERE o.attempts > 0 AND (o.waits OR o.decided_at > (
                  SELECT min(a.at) FROM webhook_attempt a WHERE a.delivery_id = o.id))""",
    ),
    Law(
        "WH3",
        "a line is numbered without a gap up to the last number given",
        """SELECT l.endpoint_id, l.about FROM webhook_line l
             JOIN webhook_delivery d ON d.endpoint_id = l.endpoint_id AND d.about = l.about AND NOT d.again
            GROUP BY l.endpoint_id, l.about, l.last_sequence
           HAVING max(d.sequence) <> l.last_sequence OR max(d.sequence) - min(d.sequence) + 1 <> count(*)""",
    ),
    Law(
        "WH4",
        "the first that waits in a line is the only one of it that has an hour at which it is due",
        """SELECT d.id FROM webhook_delivery d WHERE NOT d.again AND d.state = 'waiting'
              AND (d.due_at IS NOT NULL) = EXISTS (
                  SELECT FROM webhook_delivery e WHERE e.endpoint_id = d.endpoint_id AND e.about = d.about
                     AND NOT e.again AND e.state = 'waiting' AND e.sequence < d.sequence)""",
    ),
    Law(
        "WH5",
        "what is due to an endpoint that listens and does not rest is sent within ten minutes",
        """SELECT d.id FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id
            WHERE e.state = 'on' AND d.due_at < now() - interval '10 minutes'
              AND coalesce(e.rest_until, '-infinity') < now() - interval '10 minutes'""",
    ),
    Law(
        "WH6",
        "nothing waits for an endpoint that is off",
        """SELECT d.id FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id
            WHERE e.state <> 'on' AND d.state = 'waiting'""",
    ),
    Law(
        "WH7",
        "an event is told only of its partner's program, and an endpoint or a change feed is its partner's there",
        """SELECT v.id FROM webhook_event v JOIN partner p ON p.id = v.partner_id WHERE v.program_id <> p.program_id
           UNION ALL
           SELECT e.id FROM webhook_endpoint e JOIN partner p ON p.id = e.partner_id
            WHERE e.program_id <> p.program_id
           UNION ALL
           SELECT f.id FROM change_feed f JOIN partner p ON p.id = f.partner_id WHERE f.program_id <> p.program_id""",
    ),
    Law(
        "WH8",
        "a partner is told of points of a purchase only if it sent the purchase",
        """SELECT v.id FROM webhook_event v
             JOIN purchase p ON p.id = substr(v.cause, 10)::bigint
            WHERE v.cause ~ '^purchase:[0-9]+$' AND NOT v.test AND p.partner_id <> v.partner_id""",
    ),
    Law(
        "WH9",
        "what is kept of a change feed is numbered without a gap up to the last number given, and can be told",
        """SELECT f.id, f.program_id FROM change_feed f JOIN change c ON c.feed_id = f.id
             JOIN webhook_event v ON v.id = c.event_id
            GROUP BY f.id HAVING max(c.number) <> f.last_number OR max(c.number) - min(c.number) + 1 <> count(*)
                OR bool_or(v.data IS NULL OR v.test)""",
    ),
)


def laws() -> list[Law]:
    """Every law of webhooks."""
    return list(_LAWS)
