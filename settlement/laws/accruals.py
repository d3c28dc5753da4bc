"""The laws of accruals: every movement once, in its period, for ever; each is one query written apart from the code.

A law looks only at what is past the watermark: what the ledger wrote since then is not late.
"""

from __future__ import annotations

from coalition.kernel.laws import Law

_BEHIND = "JOIN accrual_watermark w ON w.program_id = m.program_id AND m.xid < w.upto"

LAWS = (
    Law(
        "P2",
        "every settleable movement behind the watermark is accrued exactly once, or waits for an agreement",
        f"""SELECT movement_id FROM ledger_movements m {_BEHIND}
             WHERE (SELECT count(*) FROM accrual a WHERE a.movement_id = m.movement_id)
                   + (SELECT count(*) FROM accrual_suspense s WHERE s.movement_id = m.movement_id) <> 1
           UNION ALL
           SELECT a.movement_id FROM accrual a LEFT JOIN ledger_movements m
                  ON m.movement_id = a.movement_id AND abs(m.points) = abs(a.points) WHERE m.movement_id IS NULL""",
    ),
    Law(
        "P2c",
        "what is counted as issued and redeemed is what the movements behind the watermark sum up to",
        f"""SELECT * FROM (SELECT m.program_id, m.currency_id, m.kind, sum(m.points) AS points
                    FROM ledger_movements m {_BEHIND}
                   WHERE m.points > 0 AND (m.kind = 'issue' OR m.kind = 'redeem' AND m.counter_kind = 3)
                   GROUP BY m.program_id, m.currency_id, m.kind) moved
             FULL JOIN counted_points a USING (program_id, currency_id, kind)
            WHERE moved.points IS DISTINCT FROM a.points""",
    ),
    Law(
        "P2b",
        "a supplier is owed what the catalog says it has delivered, less what it has taken back",
        """SELECT x.supply_id FROM supply_accrual x LEFT JOIN catalog_deliveries d ON d.supply_id = x.supply_id
              AND (d.legal_entity_id, d.cost_minor, d.delivery_minor)
                  = (x.legal_entity_id, x.cost_minor, x.delivery_minor) WHERE d.supply_id IS NULL""",
    ),
    Law(
        "SB4",
        "nothing of a partner's test program is settled",
        """SELECT s.id AS period_id FROM settlement_period s JOIN program p ON p.id = s.program_id
            WHERE p.kind = 'test'""",
    ),
    Law(
        "P4",
        "a closed period is what it was when it closed: nothing of a later transaction is booked in it",
        """SELECT a.movement_id FROM accrual a WHERE NOT EXISTS (SELECT FROM settlement_span s
            WHERE s.period_id = a.period_id AND a.xid >= s.since AND (s.upto IS NULL OR a.xid < s.upto))
           UNION ALL
           SELECT x.supply_id FROM supply_accrual x WHERE NOT EXISTS (SELECT FROM settlement_span s
            WHERE s.period_id = x.period_id AND x.xid >= s.since AND (s.upto IS NULL OR x.xid < s.upto))""",
    ),
    Law(
        "P4a",
        "a booked day lies in its period, and is the business day unless that day's period was closed",
        """SELECT a.movement_id FROM accrual a JOIN settlement_period p ON p.id = a.period_id
            WHERE a.booked_on NOT BETWEEN p.starts_on AND p.ends_on OR a.booked_on < a.occurred_on
               OR (a.booked_on > a.occurred_on AND a.booked_on <> p.starts_on)""",
    ),
    Law(
        "P10",
        "the application cannot rewrite accruals, closures or statements",
        """SELECT t.name, p.privilege FROM (VALUES ('accrual'), ('supply_accrual'), ('settlement_period'),
             ('settlement_closure'), ('settlement_reopening'), ('close_acceptance'), ('accrual_deferral'),
             ('adjustment'), ('fx_rate'), ('statement'), ('statement_document'), ('statement_line'),
             ('statement_event')) t(name)
             CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) p(privilege)
             JOIN pg_roles r ON r.rolname = 'coalition_app'
           WHERE has_table_privilege(r.oid, t.name, p.privilege)""",
    ),
)
