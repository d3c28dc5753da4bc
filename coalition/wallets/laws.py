"""The laws of this room: each is one query whose rows are offences, so that none may come back."""

from __future__ import annotations

from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "W1",
        "what a foreign program credited is captured, what it refused is put back, and the rest is set aside",
        """SELECT e.id, l.state, h.state AS hold FROM exchange e
             JOIN exchange_leg l ON l.exchange_id = e.id AND l.direction = 'out'
             LEFT JOIN hold h ON h.account_id = e.account_id AND h.id = e.hold_id
           WHERE h.amount IS DISTINCT FROM e.points OR h.state <> CASE l.state
                   WHEN 'confirmed' THEN 'captured' WHEN 'rejected' THEN 'released' ELSE 'open' END
           UNION ALL
           SELECT e.id, 'without a leg', NULL FROM exchange e WHERE NOT EXISTS (
             SELECT FROM exchange_leg l WHERE l.exchange_id = e.id AND l.direction = 'out')""",
    ),
    Law(
        "W2",
        "an exchange that is undecided for five minutes has a job that asks",
        """SELECT l.id FROM exchange_leg l LEFT JOIN job j ON j.kind = 'exchanges.ask' AND j.key = l.client_ref
           WHERE l.state IN ('requested', 'sent', 'in_doubt') AND l.created_at < now() - interval '5 minutes'
             AND coalesce(j.state, 'dead') NOT IN ('due', 'running')""",
    ),
    Law(
        "W3",
        "points that a donation or an exchange redeemed went to whom it names",
        """SELECT d.id FROM wallet_deed d
             LEFT JOIN entry e ON e.account_id = d.account_id AND e.id = d.entry_id
             LEFT JOIN account c ON c.id = e.contra_id
           WHERE d.kind = 'donation' AND (e.amount IS DISTINCT FROM d.amount OR c.kind <> 3
                 OR c.owner IS DISTINCT FROM d.counterparty_id)
           UNION ALL
           SELECT x.id FROM exchange x
             JOIN exchange_leg l ON l.exchange_id = x.id AND l.direction = 'out' AND l.state = 'confirmed'
             JOIN foreign_program f ON f.id = x.foreign_program_id
             LEFT JOIN entry e ON e.account_id = x.account_id AND e.id = l.entry_id AND e.origin_id = x.hold_id
             LEFT JOIN account c ON c.id = e.contra_id
           WHERE e.amount IS DISTINCT FROM -x.points OR c.kind <> 3 OR c.owner IS DISTINCT FROM f.legal_entity_id""",
    ),
    Law(
        "W4",
        "a correction that two people made is the one that was approved, and every such approval made one",
        """SELECT d.id FROM wallet_deed d LEFT JOIN approval a ON a.id = d.approval_id
           WHERE d.approval_id IS NOT NULL AND (a.state IS DISTINCT FROM 'executed'
                 OR (a.result ->> 'deed')::bigint IS DISTINCT FROM d.id)
           UNION ALL
           SELECT a.id FROM approval a WHERE a.kind LIKE 'wallets.%' AND a.state = 'executed'
             AND NOT EXISTS (SELECT FROM wallet_deed d WHERE d.approval_id = a.id)""",
    ),
    Law(
        "W5",
        "an adjustment is what the journal says, and a reversal undoes at most what was done",
        """SELECT d.id FROM wallet_deed d LEFT JOIN entry e ON e.account_id = d.account_id AND e.id = d.entry_id
           WHERE d.kind = 'adjustment' AND (e.amount IS DISTINCT FROM d.amount OR e.operation <> 8)
           UNION ALL
           SELECT d.id FROM wallet_deed d
             LEFT JOIN entry u ON u.account_id = d.reverses_account_id AND u.id = d.reverses_entry_id
           WHERE d.kind = 'reversal'
             AND CASE WHEN d.to_account_id IS NULL
                      THEN u.id IS NULL OR sign(d.amount) = sign(u.amount) OR abs(d.amount) > abs(u.amount)
                      ELSE d.arrived IS DISTINCT FROM -u.amount END""",
    ),
    Law(
        "W7",
        "what was moved left one wallet and arrived in the other, in full or at the rate of the day",
        """SELECT d.id FROM wallet_deed d
             LEFT JOIN entry e ON e.account_id = d.account_id AND e.id = d.entry_id
             LEFT JOIN LATERAL (SELECT sum(a.amount) AS arrived FROM entry a
                                 WHERE a.account_id = d.to_account_id AND a.origin_id = d.entry_id AND a.kind = 10) a
               ON true
           WHERE d.to_account_id IS NOT NULL AND (e.amount IS DISTINCT FROM d.amount
              OR a.arrived IS DISTINCT FROM d.arrived
              OR d.kind = 'transfer' AND d.arrived <> -d.amount
              OR d.kind = 'conversion' AND d.arrived > -d.amount * d.rate
              OR d.kind = 'conversion' AND d.arrived <= (-d.amount - 1) * d.rate)""",
    ),
    Law(
        "W6",
        "an exchange is reversed in full when the foreign program has taken its credit back, and not before",
        """SELECT x.id FROM exchange x
             JOIN exchange_leg l ON l.exchange_id = x.id AND l.direction = 'out' AND l.entry_id IS NOT NULL
             LEFT JOIN exchange_leg b ON b.exchange_id = x.id AND b.direction = 'back' AND b.state = 'confirmed'
           WHERE CASE WHEN b.id IS NULL THEN 0 ELSE x.points END <> coalesce((
             SELECT sum(r.amount) FROM entry r
              WHERE r.account_id = x.account_id AND r.origin_id = l.entry_id AND r.kind = 7), 0)""",
    ),
)


def laws() -> list[Law]:
    """Every law of this room."""
    return list(_LAWS)
