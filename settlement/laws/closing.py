"""The laws of closing: adjustments approved and stated, reversals at original prices, rates, versions and states."""

from __future__ import annotations

from coalition.kernel.laws import Law

_ADJUSTED = """
    SELECT a.period_id, a.legal_entity_id, sum(a.amount_minor)::bigint AS net FROM adjustment a
      JOIN settlement_closure c ON c.period_id = a.period_id
     WHERE NOT EXISTS (SELECT FROM settlement_reopening r WHERE (r.period_id, r.version) = (c.period_id, c.version))
     GROUP BY 1, 2"""

_STATED = """
    SELECT s.period_id, s.legal_entity_id, sum(l.net_minor)::bigint FROM statement_line l
      JOIN statement_document d ON d.id = l.document_id JOIN statement s ON s.id = d.statement_id
     WHERE l.code = 'adjustment'
       AND NOT EXISTS (SELECT FROM settlement_reopening r WHERE (r.period_id, r.version) = (s.period_id, s.version))
     GROUP BY 1, 2"""

LAWS = (
    Law(
        "P11",
        "an adjustment was approved by a second person, and stands in the statement of its period",
        f"""SELECT a.id::text FROM adjustment a LEFT JOIN approval p ON p.id = a.approval_id
             WHERE p.state IS DISTINCT FROM 'executed' OR p.approver = p.requested_by
           UNION ALL
           SELECT x.period_id || '/' || x.legal_entity_id FROM
             ((({_ADJUSTED}) EXCEPT ({_STATED})) UNION ALL (({_STATED}) EXCEPT ({_ADJUSTED}))) x""",
    ),
    Law(
        "P12",
        "what takes points back names a movement of the same funder, and has its prices",
        """SELECT a.movement_id FROM accrual a LEFT JOIN accrual o ON o.movement_id = a.reverses_id
            WHERE a.reverses_id IS NOT NULL
              AND NOT EXISTS (SELECT FROM accrual_suspense s WHERE s.movement_id = a.reverses_id)
              AND (o.funder_id, o.funding_price, o.redeemer_rate)
                  IS DISTINCT FROM (a.funder_id, a.funding_price, a.redeemer_rate)
           UNION ALL
           SELECT movement_id FROM accrual WHERE adjusts AND reverses_id IS NULL""",
    ),
    Law(
        "P13",
        "what is settled in a foreign currency is the position at the rate fixed at the close, rounded half up",
        """SELECT id FROM statement WHERE settlement_minor <> round(
                position_minor * coalesce(fx_rate, 1) * power(10::numeric, settlement_decimals - currency_decimals))""",
    ),
    Law(
        "P14",
        "a statement that was sent is never replaced by another version",
        """SELECT s.id FROM statement s
             JOIN settlement_reopening r ON r.period_id = s.period_id AND r.version = s.version
             JOIN statement_event e ON e.statement_id = s.id AND e.state <> 'draft'
           UNION ALL
           SELECT s.id FROM statement s LEFT JOIN settlement_closure c
               ON c.period_id = s.period_id AND c.version = s.version WHERE c.period_id IS NULL""",
    ),
    Law(
        "P15",
        "a statement is drafted, then sent, then agreed or disputed, and at last paid; unpaid, it is what it was",
        """SELECT statement_id FROM (
             SELECT statement_id, no, state, row_number() OVER w AS at, lag(state) OVER w AS since,
                    lag(state, 2) OVER w AS before
               FROM statement_event WINDOW w AS (PARTITION BY statement_id ORDER BY no)) e
            WHERE no <> at OR (since = 'paid' AND before = state) IS NOT TRUE
              AND (coalesce(since, ''), state) NOT IN (('', 'draft'), ('draft', 'sent'),
                  ('sent', 'agreed'), ('sent', 'disputed'), ('sent', 'paid'), ('agreed', 'disputed'),
                  ('agreed', 'paid'), ('disputed', 'sent'), ('disputed', 'agreed'))""",
    ),
)
