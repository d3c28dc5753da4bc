"""The laws of statements: lines are accruals, documents lines, positions documents, and all of them sum to zero."""

from __future__ import annotations

from coalition.kernel.laws import Law

_CHARGES = """
    SELECT a.period_id, x.legal_entity_id, x.code, x.agreement_id, a.currency_id, x.unit_price,
           a.adjusts AS corrects, sum(x.sign * a.points)::bigint AS quantity
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
     WHERE x.unit_price <> 0 AND x.agreement_id IS NOT NULL AND x.code IS NOT NULL
       AND NOT EXISTS (SELECT FROM settlement_reopening r WHERE (r.period_id, r.version) = (c.period_id, c.version))
     GROUP BY 1, 2, 3, 4, 5, 6, 7"""

_LINES = """
    SELECT s.period_id, s.legal_entity_id, l.code, l.agreement_id, l.currency_id, l.unit_price,
           d.kind IN ('issuer_credit', 'redeemer_credit'), l.quantity
      FROM statement_line l JOIN statement_document d ON d.id = l.document_id JOIN statement s ON s.id = d.statement_id
     WHERE l.unit_price IS NOT NULL
       AND NOT EXISTS (SELECT FROM settlement_reopening r WHERE (r.period_id, r.version) = (s.period_id, s.version))"""

LAWS = (
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
        "P3",
        "positions sum to zero in every period and currency, the operator included",
        "SELECT period_id, version, currency FROM statement GROUP BY 1, 2, 3 HAVING sum(position_minor) <> 0",
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
)
