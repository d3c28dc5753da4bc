"""The laws of agreements: what holds was agreed to, and is what it was."""

from __future__ import annotations

from coalition.kernel.laws import Law

LAWS = (
    Law(
        "P71",
        "a version that was proposed is active only by the approval of exactly its terms",
        """SELECT g.id FROM agreement g JOIN approval a ON a.id = g.approval_id
            WHERE g.state = 'active' AND (a.state <> 'executed' OR a.kind <> 'terms.activate'
                  OR (a.payload ->> 'legal_entity_id')::int <> g.legal_entity_id
                  OR (a.payload ->> 'starts_on')::date <> lower(g.valid)
                  OR a.payload ->> 'funding_mode' <> g.funding_mode OR a.payload ->> 'currency' <> g.currency
                  OR (a.payload ->> 'issue_price')::numeric <> g.issue_price
                  OR (a.payload ->> 'redemption_price')::numeric <> g.redemption_price
                  OR (a.payload ->> 'service_price')::numeric <> g.service_price
                  OR (a.payload ->> 'redeemer_rate')::numeric IS DISTINCT FROM g.redeemer_rate
                  OR (a.payload ->> 'redeemer_commission')::numeric IS DISTINCT FROM g.redeemer_commission
                  OR (a.payload ->> 'breakage_share')::numeric <> g.breakage_share
                  OR (a.payload ->> 'vat_rate')::numeric <> g.vat_rate OR a.payload ->> 'vat_profile' <> g.vat_profile
                  OR (a.payload ->> 'credit_limit_minor')::bigint IS DISTINCT FROM g.credit_limit_minor
                  OR (a.payload ->> 'prefund_minor')::bigint IS DISTINCT FROM g.prefund_minor)
           UNION ALL
           SELECT g.id FROM agreement g JOIN approval a ON a.id = g.approval_id
            WHERE g.state = 'proposed' AND a.state NOT IN ('requested', 'approved')""",
    ),
    Law(
        "P72",
        "the prices of an accrual are those of the version that it names",
        """SELECT a.movement_id FROM accrual a JOIN agreement g ON g.id = a.agreement_id
            WHERE a.funding_price IS DISTINCT FROM CASE a.kind
                    WHEN 'redeem' THEN g.redemption_price WHEN 'expire' THEN g.issue_price * g.breakage_share
                    WHEN 'adjust' THEN NULL ELSE g.issue_price END
           UNION ALL
           SELECT a.movement_id FROM accrual a JOIN agreement g ON g.id = a.redeemer_agreement_id
            WHERE a.redeemer_rate IS DISTINCT FROM g.redeemer_price""",
    ),
    Law(
        "P73",
        "the application can change nothing of an agreement but its state and its end",
        """SELECT c.column_name FROM information_schema.columns c
            WHERE c.table_name = 'agreement' AND c.table_schema = 'public' AND c.column_name NOT IN ('state', 'valid')
              AND has_column_privilege('coalition_app', 'agreement', c.column_name, 'UPDATE')
           UNION ALL
           SELECT 'delete' WHERE has_table_privilege('coalition_app', 'agreement', 'DELETE')
              OR NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgname = 'agreement_stands' AND t.tgenabled <> 'D')""",
    ),
    Law(
        "P74",
        "redeemed points come back in the order that was agreed with their redeemer for the day",
        """WITH changed AS (
             SELECT g.legal_entity_id AS owner, p.zone, d.day::timestamp AT TIME ZONE p.zone AS at
               FROM agreement g JOIN program p ON p.id = g.program_id
              CROSS JOIN LATERAL (VALUES (lower(g.valid)), (upper(g.valid))) d(day)
              WHERE g.state = 'active' AND d.day IS NOT NULL
              UNION
             SELECT r.owner, p.zone, r.since FROM reversal_rule r
               JOIN legal_entity e ON e.id = r.owner JOIN program p ON p.id = e.program_id)
           SELECT c.owner, c.at FROM changed c
            WHERE coalesce((SELECT r.in_proportion FROM reversal_rule r WHERE r.owner = c.owner AND r.since <= c.at
                             ORDER BY r.since DESC LIMIT 1), false)
                  <> EXISTS (SELECT FROM agreement g WHERE g.legal_entity_id = c.owner AND g.state = 'active'
                                AND g.valid @> (c.at AT TIME ZONE c.zone)::date AND g.reversal_order = 'pro_rata')""",
    ),
)
