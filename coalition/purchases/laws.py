"""The laws of purchases: each is one query whose rows are offences, so that none may come back."""

from __future__ import annotations

from coalition.kernel.laws import Law
from coalition.purchases.registries import laws as laws_of_takeovers
from coalition.purchases.returning import laws as laws_of_returns

_LAWS = (
    Law(
        "R1",
        "a purchase's total is the sum of its lines",
        """SELECT id FROM purchase LEFT JOIN (
             SELECT purchase_id, sum(amount_minor) AS total FROM purchase_line GROUP BY 1) l ON l.purchase_id = id
           WHERE total_minor IS DISTINCT FROM l.total""",
    ),
    Law(
        "R2",
        "an award is the journal row it names, unit for unit, on the wallet of the purchase's member",
        """SELECT w.purchase_id, w.no FROM award w
             LEFT JOIN purchase p ON p.id = w.purchase_id
             LEFT JOIN entry e ON e.account_id = w.account_id AND e.id = w.entry_id
             LEFT JOIN account a ON a.id = w.account_id
           WHERE (e.amount, e.operation, e.no, e.partner_id, e.external_id, a.owner, a.currency_id) IS DISTINCT FROM
                 (w.units, 1, w.no, p.partner_id, p.external_id, p.member_id, w.currency_id)""",
    ),
    Law(
        "R3",
        "every point that a purchase issued, captured or redeemed stands in an award or in its tender",
        """SELECT e.account_id, e.id FROM entry e
             LEFT JOIN purchase p ON p.partner_id = e.partner_id AND p.external_id = e.external_id
             LEFT JOIN award w ON w.purchase_id = p.id AND w.entry_id = e.id
             LEFT JOIN purchase_tender t ON t.purchase_id = p.id AND t.entry_id = e.id
           WHERE e.operation = 1 AND CASE WHEN e.amount > 0 THEN w.entry_id IS NULL
                                          ELSE t.units IS DISTINCT FROM -e.amount END""",
    ),
    Law(
        "R4",
        "an award's units are the sum of its lines'",
        """SELECT purchase_id, no FROM award
           WHERE units <> (SELECT coalesce(sum(value::bigint), 0) FROM jsonb_each_text(lines))""",
    ),
    Law(
        "R5",
        "a registry's counts are what is recorded, rejected and waits of it; a dry run leaves nothing",
        """SELECT r.id FROM registry r WHERE
             (SELECT count(*) FROM purchase p WHERE p.registry_id = r.id)
             + (SELECT count(*) FROM event e WHERE e.registry_id = r.id)
             + (SELECT count(*) FROM purchase_return b WHERE b.registry_id = r.id)
             + (SELECT count(*) FROM takeover t WHERE t.registry_id = r.id)
               <> CASE WHEN r.dry_run THEN 0 ELSE r.accepted END
             OR NOT r.dry_run AND r.points_issued
               <> (SELECT coalesce(sum(i.units), 0) FROM registry_issued i WHERE i.registry_id = r.id)
             OR r.rejected <> (SELECT count(*) FROM registry_rejection x WHERE x.registry_id = r.id)
             OR (SELECT count(*) FROM suspense s WHERE s.registry_id = r.id AND s.state IN ('waiting', 'refused'))
               + (SELECT count(*) FROM suspended_return s WHERE s.registry_id = r.id)
               <> CASE WHEN r.dry_run THEN 0 ELSE r.suspended END""",
    ),
    Law(
        "E1",
        "an event's award is the journal row it names, unit for unit, on the wallet of the event's member",
        """SELECT w.event_id, w.no FROM event_award w
             LEFT JOIN event v ON v.id = w.event_id
             LEFT JOIN entry e ON e.account_id = w.account_id AND e.id = w.entry_id
             LEFT JOIN account a ON a.id = w.account_id
           WHERE (e.amount, e.operation, e.no, e.partner_id, e.external_id, e.request_hash, a.currency_id)
                 IS DISTINCT FROM
                 (w.units, 21, w.no, v.partner_id, v.external_id, v.request_hash, w.currency_id)
              OR a.owner <> v.member_id""",
    ),
    Law(
        "E2",
        "every point that an event issued stands in an award of it",
        """SELECT e.account_id, e.id FROM entry e
             LEFT JOIN event v ON v.partner_id = e.partner_id AND v.external_id = e.external_id
             LEFT JOIN event_award w ON w.event_id = v.id AND w.entry_id = e.id
           WHERE e.operation = 21 AND w.entry_id IS NULL""",
    ),
    Law(
        "R6",
        "what was posted out of suspense is the purchase that was sent, of a member",
        """SELECT s.id FROM suspense s LEFT JOIN purchase p ON p.id = s.purchase_id
           WHERE s.state = 'posted' AND (p.member_id IS NULL
             OR (p.partner_id, p.external_id, p.request_hash) <> (s.partner_id, s.external_id, s.request_hash))""",
    ),
    Law(
        "R7",
        "nothing waits in suspense for a member who came ten minutes ago, no return for a purchase that waits no more",
        """SELECT s.id FROM suspense s
             JOIN identifier i ON i.value_hash = s.value_hash AND i.state = 'active'
             JOIN member m ON m.id = i.member_id AND m.state = 'active'
            WHERE s.state = 'waiting' AND greatest(s.created_at, i.added_at) < now() - interval '10 minutes'
           UNION ALL
           SELECT w.id FROM suspended_return w JOIN suspense s ON s.id = w.suspense_id
            WHERE s.state IN ('posted', 'dismissed')""",
    ),
)


def laws() -> list[Law]:
    """Every law of purchases."""
    return [*_LAWS, *laws_of_returns.laws(), *laws_of_takeovers.laws()]
