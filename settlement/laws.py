"""The laws of settlement: each is one query over the stored rows, written apart from the code that made them.

The letters are those of the project's list of laws. A law looks only at what is past the watermark: what the ledger
wrote since then is not late.
"""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.laws import Law
from settlement import reconciliation

_BEHIND = "JOIN accrual_watermark w ON w.program_id = m.program_id AND m.xid < w.upto"

_CHARGES = """
    SELECT a.period_id, x.legal_entity_id, x.code, x.agreement_id, a.currency_id, x.unit_price,
           sum(x.sign * a.points)::bigint AS quantity
      FROM accrual a CROSS JOIN LATERAL (VALUES
           (CASE WHEN a.kind IN ('issue', 'clawback') THEN 'issue_funding' WHEN a.kind = 'redeem'
                 THEN 'redemption_funding' WHEN a.kind = 'expire' THEN 'breakage' END,
            a.funder_id, a.agreement_id, a.funding_price, CASE a.kind WHEN 'clawback' THEN -1 ELSE 1 END),
           (CASE a.kind WHEN 'expire' THEN 'breakage_taxed' ELSE 'service_fee' END, a.funder_id, a.agreement_id,
            a.service_price, CASE a.kind WHEN 'clawback' THEN -1 ELSE 1 END),
           (CASE a.kind WHEN 'expire' THEN 'breakage_untaxed' END, a.funder_id, a.agreement_id, a.service_price, -1),
           ('redeemed', a.redeemer_id, a.redeemer_agreement_id, a.redeemer_rate, 1)
           ) x (code, legal_entity_id, agreement_id, unit_price, sign)
      JOIN settlement_closure c ON c.period_id = a.period_id
     WHERE x.unit_price <> 0 AND x.agreement_id IS NOT NULL AND x.code IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6"""

_LINES = """
    SELECT s.period_id, s.legal_entity_id, l.code, l.agreement_id, l.currency_id, l.unit_price, l.quantity
      FROM statement_line l JOIN statement_document d ON d.id = l.document_id JOIN statement s ON s.id = d.statement_id
     WHERE l.unit_price IS NOT NULL"""

_LAWS = (
    Law(
        "P1",
        "a statement's position is the sum of its documents, a document's net the sum of its lines",
        """SELECT s.id FROM statement s LEFT JOIN statement_document d ON d.statement_id = s.id
            GROUP BY s.id, s.position_minor HAVING s.position_minor <> coalesce(sum(d.sign * d.gross_minor), 0)
           UNION ALL
           SELECT d.id FROM statement_document d LEFT JOIN statement_line l ON l.document_id = d.id
            WHERE d.mirrors_id IS NULL
            GROUP BY d.id, d.net_minor HAVING d.net_minor <> coalesce(sum(l.net_minor), 0)""",
    ),
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
        "P2b",
        "a supplier is owed what the catalog says it has delivered, less what it has taken back",
        """SELECT x.supply_id FROM supply_accrual x LEFT JOIN catalog_deliveries d ON d.supply_id = x.supply_id
              AND (d.legal_entity_id, d.cost_minor, d.delivery_minor)
                  = (x.legal_entity_id, x.cost_minor, x.delivery_minor) WHERE d.supply_id IS NULL""",
    ),
    Law(
        "P3",
        "positions sum to zero in every period and currency, the operator included",
        "SELECT period_id, currency FROM statement GROUP BY 1, 2 HAVING sum(position_minor) <> 0",
    ),
    Law(
        "P4",
        "a closed period is what it was when it closed: nothing of a later transaction is booked in it",
        """SELECT a.movement_id FROM accrual a JOIN settlement_closure c ON c.period_id = a.period_id
            WHERE a.xid >= c.upto
           UNION ALL
           SELECT s.consignment_id::text FROM supply_accrual s JOIN settlement_closure c ON c.period_id = s.period_id
            WHERE s.xid >= c.upto""",
    ),
    Law(
        "P4a",
        "a booked day lies in its period, and is the business day unless that day's period was closed",
        """SELECT a.movement_id FROM accrual a JOIN settlement_period p ON p.id = a.period_id
            WHERE a.booked_on NOT BETWEEN p.starts_on AND p.ends_on OR a.booked_on < a.occurred_on
               OR (a.booked_on > a.occurred_on AND a.booked_on <> p.starts_on)""",
    ),
    Law(
        "P7",
        "lines, net and VAT are rounded half up, as EN 16931 says",
        """SELECT l.id FROM statement_line l JOIN statement_document d ON d.id = l.document_id
             JOIN statement s ON s.id = d.statement_id JOIN currency c ON c.id = l.currency_id
            WHERE l.net_minor <> round(l.quantity * l.unit_price * power(10::numeric, s.currency_decimals - c.decimals))
           UNION ALL
           SELECT d.id FROM statement_document d WHERE d.vat_minor <> round(d.net_minor * d.vat_rate)""",
    ),
    Law(
        "P8",
        "the lines of a closed period are its accruals, charge by charge",
        f"""(({_CHARGES}) EXCEPT ALL ({_LINES})) UNION ALL (({_LINES}) EXCEPT ALL ({_CHARGES}))""",
    ),
    Law(
        "P9",
        "the operator's documents mirror the others', one for one",
        """SELECT d.id FROM statement_document d JOIN statement s ON s.id = d.statement_id
             LEFT JOIN statement_document o ON o.id = d.mirrors_id LEFT JOIN statement os ON os.id = o.statement_id
            WHERE s.is_operator <> (d.mirrors_id IS NOT NULL)
               OR (s.is_operator AND ((o.sign, o.net_minor, o.vat_minor, o.kind, os.period_id)
                   IS DISTINCT FROM (-d.sign::int, d.net_minor, d.vat_minor, d.kind, s.period_id)))
           UNION ALL
           SELECT d.id FROM statement_document d WHERE d.mirrors_id IS NULL
              AND NOT EXISTS (SELECT FROM statement_document m WHERE m.mirrors_id = d.id)""",
    ),
    Law(
        "P10",
        "the application cannot rewrite accruals, closures or statements",
        """SELECT t.name, p.privilege FROM (VALUES ('accrual'), ('supply_accrual'), ('settlement_period'),
             ('settlement_closure'), ('statement'), ('statement_document'), ('statement_line'),
             ('statement_event')) t(name)
             CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) p(privilege)
             JOIN pg_roles r ON r.rolname = 'coalition_app'
           WHERE has_table_privilege(r.oid, t.name, p.privilege)""",
    ),
)


def laws() -> Sequence[Law]:
    """Every law of this floor; none may return a row, at any moment."""
    return (*_LAWS, *reconciliation.laws())
