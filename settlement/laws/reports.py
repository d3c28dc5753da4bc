"""The laws of reports: what they read adds up to the ledger, what they keep is what they say."""

from __future__ import annotations

from coalition.kernel.laws import Law

LAWS = (
    Law(
        "P30",
        "the points that the liability counts are the points that wallets hold, currency by currency",
        """SELECT program_id, currency_id, w.points AS held, c.points AS counted FROM (
             SELECT program_id, currency_id, sum(points) AS points FROM wallet_points GROUP BY 1, 2) w
           FULL JOIN (
             SELECT program_id, currency_id, sum(change) AS points FROM ledger_lot_changes GROUP BY 1, 2) c
           USING (program_id, currency_id) WHERE coalesce(w.points, 0) <> coalesce(c.points, 0)""",
    ),
    Law(
        "P31",
        "a report that is ready has its file, with its hash, for thirty days; no other has one",
        """SELECT id FROM report_job WHERE (state = 'done') <> (file_key IS NOT NULL)
              OR state IN ('done', 'expired') AND (size IS NULL OR sha256 IS NULL OR keep_until IS NULL)
              OR keep_until > finished_at + interval '31 days'""",
    ),
    Law(
        "P32",
        "the application cannot rewrite an estimate or a policy",
        """SELECT t.name, p.privilege FROM (VALUES ('redemption_expectation'), ('revenue_policy')) t(name)
             CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) p(privilege)
             JOIN pg_roles r ON r.rolname = 'coalition_app'
           WHERE has_table_privilege(r.oid, t.name, p.privilege)""",
    ),
)
