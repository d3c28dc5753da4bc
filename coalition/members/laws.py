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
    Law(
        "M10",
        "a merged member holds nothing",
        """SELECT m.id FROM member m WHERE m.state = 'merged' AND (m.tier <> 'base' OR m.perks_until IS NOT NULL
             OR EXISTS (SELECT FROM identifier i WHERE i.member_id = m.id)
             OR EXISTS (SELECT FROM tier_grant g WHERE g.member_id = m.id)
             OR EXISTS (SELECT FROM subscription s WHERE s.member_id = m.id)
             OR EXISTS (SELECT FROM family_seat f WHERE f.member_id = m.id AND f.state <> 'left')
             OR EXISTS (SELECT FROM account a JOIN wallet w ON w.account_id = a.id
                         WHERE a.kind = 1 AND a.owner = m.id AND (w.undrawn <> 0 OR w.held <> 0 OR w.arrears <> 0)))""",
    ),
    Law(
        "M11",
        "a merged member is one step away from one of its program that is not merged, and stands in the trail",
        """SELECT m.id FROM member m LEFT JOIN member s ON s.id = m.merged_into
            WHERE m.state = 'merged' AND (s.program_id IS DISTINCT FROM m.program_id OR s.state = 'merged'
                  OR NOT EXISTS (SELECT FROM member_merge t WHERE t.from_id = m.id))
           UNION ALL
           SELECT t.from_id FROM member_merge t JOIN member m ON m.id = t.from_id WHERE m.state <> 'merged'""",
    ),
)


def laws() -> list[Law]:
    """Every law of members."""
    return list(_LAWS)
