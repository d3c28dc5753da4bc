"""The laws of members: each is one query whose rows are offences, so that none may come back."""

from __future__ import annotations

from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "M1",
        "an active identifier belongs to one member, of its own program",
        """SELECT i.id FROM identifier i JOIN member m ON m.id = i.member_id WHERE i.program_id <> m.program_id
           UNION ALL
           SELECT min(id) FROM identifier WHERE state = 'active' GROUP BY value_hash HAVING count(*) > 1""",
    ),
    Law(
        "M2",
        "every member has a profile and is seen by who enrolled it",
        """SELECT m.id FROM member m WHERE NOT EXISTS (SELECT FROM profile p WHERE p.member_id = m.id)
              OR NOT EXISTS (SELECT FROM member_partner p WHERE p.member_id = m.id AND p.partner_id = m.enrolled_by)""",
    ),
    Law(
        "M3",
        "an identifier that was replaced is blocked, and what replaces it is of its kind and program",
        """SELECT n.id FROM identifier n JOIN identifier o ON o.id = n.replaces
           WHERE o.state <> 'blocked' OR o.kind <> n.kind OR o.program_id <> n.program_id""",
    ),
    Law(
        "M4",
        "a one-time code is used in its own minute",
        "SELECT member_id, step FROM proof_use WHERE abs(floor(extract(epoch FROM used_at) / 30) - step) > 1",
    ),
    Law(
        "M5",
        "a member's tier is the best that its grants give it",
        """SELECT m.id FROM member m WHERE m.state = 'active' AND m.tier <> coalesce((
             SELECT t.code FROM tier_grant g JOIN tier t ON t.id = g.tier_id WHERE g.member_id = m.id
              ORDER BY t.rank DESC LIMIT 1), 'base')""",
    ),
    Law(
        "M6",
        "a member's tier is where its history ends, and each step of that begins where the one before it ended",
        """SELECT m.id FROM member m WHERE m.tier <> coalesce((
             SELECT to_tier FROM tier_change c WHERE c.member_id = m.id ORDER BY c.id DESC LIMIT 1), 'base')
           UNION ALL
           SELECT id FROM (
             SELECT id, from_tier, lag(to_tier, 1, 'base') OVER (PARTITION BY member_id ORDER BY id) AS was
               FROM tier_change) c WHERE from_tier <> was""",
    ),
    Law(
        "M7",
        "an open family has its head's seat, and nobody sits in a closed one",
        """SELECT f.id FROM family f WHERE f.closed_at IS NULL AND NOT EXISTS (
             SELECT FROM family_seat s WHERE s.family_id = f.id AND s.member_id = f.head_id AND s.state = 'active')
           UNION ALL
           SELECT s.id FROM family_seat s JOIN family f ON f.id = s.family_id
            WHERE f.closed_at IS NOT NULL AND s.state <> 'left'""",
    ),
    Law(
        "M8",
        "a subscription has as many periods as were paid for, and ends with the last of them",
        """SELECT s.id FROM subscription s LEFT JOIN LATERAL (
             SELECT count(*) AS n, max(ends_at) AS ends_at FROM subscription_payment y WHERE y.subscription_id = s.id) y
               ON true WHERE (s.periods, s.ends_at) IS DISTINCT FROM (y.n, y.ends_at)""",
    ),
    Law(
        "M9",
        "a member has the perks of the subscription that runs, and no other",
        """SELECT m.id FROM member m
             LEFT JOIN subscription s ON s.member_id = m.id AND s.state <> 'lapsed'
             LEFT JOIN subscription_plan p ON p.id = s.plan_id
            WHERE (m.perks, m.perks_until) IS DISTINCT FROM (nullif(p.benefits, '{}'), s.ends_at)""",
    ),
)


def laws() -> list[Law]:
    """Every law of members."""
    return list(_LAWS)
