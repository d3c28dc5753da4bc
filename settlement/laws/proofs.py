"""The laws of the signed history: everything stated is in it once, nothing in it changes, and its hashes are hashes."""

from __future__ import annotations

from coalition.kernel.laws import Law

_TABLES = "('proof_key'), ('proof_tile'), ('proof_span'), ('proof_head'), ('proof_witness'), ('proof_cosignature')"

# Grain: one row = one statement in its last version; how many entries stand beneath it, and how many records it has.
_RECORDS = """
    SELECT s.id, coalesce(e.entries, 0) AS entries, 1 + coalesce(e.entries, 0) + d.documents + d.lines + d.agreements
           + (s.fx_rate IS NOT NULL)::int AS leaves
      FROM statement s
     CROSS JOIN LATERAL (
           SELECT count(DISTINCT x.id) AS documents, count(l.id) AS lines, count(DISTINCT l.agreement_id) AS agreements
             FROM statement_document x
             LEFT JOIN statement_line l ON l.document_id = coalesce(x.mirrors_id, x.id)
            WHERE x.statement_id = s.id) d
      LEFT JOIN (
           SELECT a.period_id, x.legal_entity_id, count(*) AS entries
             FROM (SELECT period_id, funder_id, agreement_id, kind, funding_price, service_price, redeemer_id,
                          redeemer_agreement_id, redeemer_rate FROM accrual) a
            CROSS JOIN LATERAL (VALUES
                  (a.funder_id, a.agreement_id, CASE WHEN a.kind <> 'adjust' THEN a.funding_price END),
                  (a.funder_id, a.agreement_id, a.service_price),
                  (a.funder_id, a.agreement_id, CASE a.kind WHEN 'expire' THEN a.service_price END),
                  (a.redeemer_id, a.redeemer_agreement_id, a.redeemer_rate)) x (legal_entity_id, agreement_id, price)
            WHERE x.price <> 0 AND x.agreement_id IS NOT NULL GROUP BY 1, 2) points
           ON (points.period_id, points.legal_entity_id) = (s.period_id, s.legal_entity_id)
     CROSS JOIN LATERAL (
           SELECT CASE WHEN NOT s.is_operator THEN coalesce(points.entries, 0)
                    + (SELECT count(nullif(cost_minor, 0)) + count(nullif(delivery_minor, 0)) FROM supply_accrual y
                        WHERE y.period_id = s.period_id AND y.legal_entity_id = s.legal_entity_id
                          AND y.agreement_id IS NOT NULL)
                    + (SELECT count(*) FROM adjustment j
                        WHERE j.period_id = s.period_id AND j.legal_entity_id = s.legal_entity_id) END AS entries) e
     WHERE NOT EXISTS (SELECT FROM settlement_reopening r WHERE (r.period_id, r.version) = (s.period_id, s.version))"""

LAWS = (
    Law(
        "P50",
        "what was stated lies in the tree side by side, from its first leaf to a signed head",
        """SELECT statement_id::text FROM (
             SELECT statement_id, first_leaf,
                    coalesce(lag(first_leaf + leaves) OVER (PARTITION BY program_id ORDER BY first_leaf), 0) AS due
               FROM proof_span) s WHERE first_leaf <> due
           UNION ALL
           SELECT 'head ' || h.id FROM proof_head h
            WHERE NOT EXISTS (SELECT FROM proof_span s
                               WHERE s.program_id = h.program_id AND s.first_leaf + s.leaves = h.size)
           UNION ALL
           SELECT s.statement_id::text FROM proof_span s
            WHERE NOT EXISTS (SELECT FROM proof_head h
                               WHERE h.program_id = s.program_id AND h.size >= s.first_leaf + s.leaves)""",
    ),
    Law(
        "P51",
        "a statement's leaves are its head, every charge beneath it once, its lines, documents, agreements and rates",
        f"""SELECT r.id FROM ({_RECORDS}) r JOIN proof_span p ON p.statement_id = r.id
             WHERE (p.entries, p.leaves) <> (r.entries, r.leaves)""",
    ),
    Law(
        "P52",
        "a hash of the tree is that of the 256 beneath it, and a tile begins as it did when it was narrower",
        r"""WITH RECURSIVE up AS (
             SELECT t.program_id, t.level, t.number, 0 AS height, at, substr(t.hashes, 32 * at + 1, 32) AS hash
               FROM proof_tile t CROSS JOIN generate_series(0, 255) at WHERE t.width = 256
             UNION ALL
             SELECT program_id, level, number, height + 1, at / 2, sha256('\x01'::bytea || hash || beside)
               FROM (SELECT up.*, lead(hash) OVER (PARTITION BY program_id, level, number ORDER BY at) AS beside
                       FROM up) pairs
              WHERE at % 2 = 0 AND height < 8)
           SELECT u.level || '/' || u.number FROM up u
             LEFT JOIN proof_tile p ON p.program_id = u.program_id AND p.level = u.level + 1
              AND p.number = u.number / 256 AND p.width > u.number % 256
            WHERE u.height = 8 AND u.hash IS DISTINCT FROM substr(p.hashes, (32 * (u.number % 256) + 1)::int, 32)
           UNION ALL
           SELECT n.level || '/' || n.number FROM proof_tile n
             JOIN proof_tile w USING (program_id, level, number)
            WHERE n.width < w.width AND substr(w.hashes, 1, 32 * n.width) <> n.hashes""",
    ),
    Law(
        "P53",
        "heads grow, and a checkpoint says what its head is",
        r"""SELECT h.id FROM proof_head h JOIN proof_key k ON k.id = h.key_id
             WHERE NOT starts_with(h.checkpoint, k.name || E'\n' || h.size || E'\n' || encode(h.root, 'base64')
                                                 || E'\n\n— ' || k.name || ' ')
            UNION ALL
            SELECT h.id FROM proof_head h JOIN proof_head o ON o.program_id = h.program_id AND o.id < h.id
             WHERE o.size >= h.size OR o.at > h.at""",
    ),
    Law(
        "P54",
        "a bundle is of a statement that is in the tree, under the key of its number",
        """SELECT b.statement_id FROM statement_bundle b JOIN statement s ON s.id = b.statement_id
             JOIN program p ON p.id = s.program_id LEFT JOIN proof_span x ON x.statement_id = s.id
            WHERE x.statement_id IS NULL OR b.key <> 'bundles/' || p.code || '/' || s.number || '.zip'""",
    ),
    Law(
        "P55",
        "the application cannot rewrite the history, its keys, its bundles or its witnesses",
        f"""SELECT t.name, p.privilege FROM (VALUES ('statement_bundle'), {_TABLES}) t(name)
             CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) p(privilege)
             JOIN pg_roles r ON r.rolname = 'coalition_app'
           WHERE has_table_privilege(r.oid, t.name, p.privilege)""",
    ),
)
