"""The laws of tenders and returns, as queries whose rows are offences (see `coalition.purchases.laws`)."""

from __future__ import annotations

from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "R8",
        "no more comes back of a line than was bought, and each stretch begins where the one before it ended",
        """SELECT purchase_id, no FROM (
             SELECT r.*, l.purchase_id AS of, h.purchase_id AS head,
                    CASE WHEN l.qty_m > 0 THEN l.qty_m ELSE 1 END AS sold,
                    sum(r.parts) OVER (PARTITION BY r.purchase_id, r.no ORDER BY r.parts_before) - r.parts AS ended
               FROM return_line r
               LEFT JOIN purchase_line l ON l.purchase_id = r.purchase_id AND l.no = r.no
               LEFT JOIN purchase_return h ON h.id = r.return_id) x
           WHERE of IS NULL OR head IS DISTINCT FROM purchase_id OR parts_sold <> sold OR parts_before <> ended
              OR parts_before + parts > parts_sold""",
    ),
    Law(
        "R9",
        "what a return took back is in its journal rows, part by part",
        """SELECT x.return_id, x.award_no FROM return_effect x
             JOIN purchase_return r ON r.id = x.return_id
             JOIN LATERAL (
               SELECT coalesce(-sum(e.amount) FILTER (WHERE e.kind = 2), 0) AS own,
                      coalesce(-sum(e.amount) FILTER (WHERE e.kind = 8), 0) AS debt,
                      count(*) AS rows, count(*) FILTER (WHERE e.operation = CASE r.kind WHEN 'void' THEN 11 ELSE 2 END
                        AND e.partner_id = r.partner_id AND e.external_id = r.external_id) AS keyed
                 FROM entry e WHERE e.account_id = x.account_id AND e.id = ANY(x.entry_ids)) e ON true
           WHERE (x.own, x.others + x.owed) IS DISTINCT FROM (e.own, e.debt)
              OR e.rows <> e.keyed OR e.rows <> cardinality(x.entry_ids)""",
    ),
    Law(
        "R10",
        "what a return gave back is in its journal rows, and never more in all than had paid",
        """SELECT x.return_id, x.tender_no FROM return_restore x
             LEFT JOIN purchase_tender t ON t.purchase_id = x.purchase_id AND t.no = x.tender_no
           WHERE x.units IS DISTINCT FROM (
                   SELECT sum(e.amount) FROM entry e WHERE e.account_id = x.account_id AND e.id = ANY(x.entry_ids)
                      AND e.kind = 7 AND e.origin_id = t.entry_id)
              OR t.units < (SELECT sum(o.units) FROM return_restore o
                             WHERE o.purchase_id = x.purchase_id AND o.tender_no = x.tender_no)""",
    ),
    Law(
        "R11",
        "every journal row of a return stands in what it took back or gave back",
        """SELECT account_id, id FROM entry WHERE operation IN (2, 11)
           EXCEPT SELECT account_id, unnest(entry_ids) FROM return_effect
           EXCEPT SELECT account_id, unnest(entry_ids) FROM return_restore""",
    ),
    Law(
        "R12",
        "what all returns took of an award is its lines' shares of what came back, rounded down once",
        """SELECT a.purchase_id, a.no FROM award a
           WHERE EXISTS (SELECT FROM purchase_return r WHERE r.purchase_id = a.purchase_id)
             AND coalesce(a.returns, 'proportional') = 'proportional'
             AND coalesce((SELECT sum(x.units) FROM return_effect x
                            WHERE x.purchase_id = a.purchase_id AND x.award_no = a.no), 0)
              <> coalesce((SELECT sum(div(l.value::numeric * p.parts, p.sold)) FROM jsonb_each_text(a.lines) l
                             JOIN (SELECT no, sum(parts) AS parts, max(parts_sold)::numeric AS sold FROM return_line
                                    WHERE purchase_id = a.purchase_id GROUP BY 1) p ON p.no = l.key::int), 0)""",
    ),
    Law(
        "R18",
        "of an award that is evaluated anew no more goes back than it had, and all of it with the last of the goods;"
        " of one that stays, nothing",
        """SELECT a.purchase_id, a.no FROM award a
             CROSS JOIN LATERAL (SELECT coalesce(sum(x.units), 0) AS units FROM return_effect x
                                  WHERE x.purchase_id = a.purchase_id AND x.award_no = a.no) t
             CROSS JOIN LATERAL (SELECT bool_and(coalesce(b.parts, 0) = CASE WHEN l.qty_m > 0 THEN l.qty_m ELSE 1 END)
                                        AS gone FROM purchase_line l
                                   LEFT JOIN (SELECT no, sum(parts) AS parts FROM return_line
                                               WHERE purchase_id = a.purchase_id GROUP BY 1) b USING (no)
                                  WHERE l.purchase_id = a.purchase_id) g
            WHERE a.returns = 'none' AND t.units > 0
               OR a.returns = 'reevaluate' AND (t.units > a.units OR g.gone AND t.units < a.units)""",
    ),
    Law(
        "R13",
        "a return's refund is the sum of its lines, and all refunds together are at most the money paid",
        """SELECT r.id FROM purchase_return r LEFT JOIN purchase p ON p.id = r.purchase_id
           WHERE r.refund_minor <> coalesce((SELECT sum(l.refund_minor) FROM return_line l WHERE l.return_id = r.id), 0)
              OR p.id IS NULL OR p.partner_id <> r.partner_id
              OR p.total_minor - p.points_paid_minor < (
                   SELECT sum(o.refund_minor) FROM purchase_return o WHERE o.purchase_id = r.purchase_id)""",
    ),
    Law(
        "R14",
        "what points paid of a purchase is its tender: the hold's as captured, and all of it in money",
        """SELECT p.id FROM purchase p LEFT JOIN (
             SELECT purchase_id, sum(units) FILTER (WHERE no = 0) AS captured, sum(amount_minor) AS worth
               FROM purchase_tender GROUP BY 1) t ON t.purchase_id = p.id
           WHERE p.captured IS DISTINCT FROM t.captured OR t.worth <> p.points_paid_minor""",
    ),
)


def laws() -> list[Law]:
    """Every law of tenders and returns."""
    return list(_LAWS)
