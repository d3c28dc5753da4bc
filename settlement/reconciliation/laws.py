"""The laws of disputes and reconciliations, each one query over the stored rows."""

from __future__ import annotations

from coalition.kernel.laws import Law

_CLAIMS = """
    SELECT d.statement_id, x.subject, sum(CASE d.state WHEN 'open' THEN d.amount_minor ELSE d.granted_minor END)::bigint
             AS claimed, sum(d.granted_minor)::bigint AS granted
      FROM dispute d CROSS JOIN LATERAL (VALUES ('s'), ('d' || d.document_id),
             ('m' || d.document_id || '.' || d.movement_id)) x (subject)
     WHERE x.subject IS NOT NULL GROUP BY 1, 2"""

_LAWS = (
    Law(
        "Q1",
        "what is claimed of a line, a document and a statement is what its disputes say, and no more than it comes to",
        f"""SELECT coalesce(c.statement_id, x.statement_id), coalesce(c.subject, x.subject)
              FROM dispute_claim c FULL JOIN ({_CLAIMS}) x ON x.statement_id = c.statement_id AND x.subject = c.subject
             WHERE (coalesce(c.claimed_minor, 0), coalesce(c.granted_minor, 0))
                   <> (coalesce(x.claimed, 0), coalesce(x.granted, 0)) OR c.claimed_minor > c.limit_minor""",
    ),
    Law(
        "Q2",
        "a dispute whose answer is overdue has raised its alarm within five minutes",
        """SELECT id FROM dispute WHERE state = 'open' AND overdue_at IS NULL
              AND due_at < now() - interval '5 minutes'""",
    ),
    Law(
        "Q5",
        "what was granted was asked for as an adjustment, and a statement is disputed only while something of it is",
        """SELECT id FROM dispute WHERE granted_minor > 0 AND approval_id IS NULL
           UNION ALL
           SELECT a.id FROM adjustment a LEFT JOIN dispute d ON d.approval_id = a.approval_id
            WHERE a.dispute_ref IS NOT NULL AND a.amount_minor IS DISTINCT FROM d.sign * d.granted_minor
           UNION ALL
           SELECT s.statement_id FROM (SELECT DISTINCT ON (statement_id) statement_id, state FROM statement_event
                  ORDER BY statement_id, no DESC) s
            WHERE s.state = 'disputed'
              AND NOT EXISTS (SELECT FROM dispute d WHERE d.statement_id = s.statement_id AND d.state = 'open')""",
    ),
    Law(
        "Q3",
        "the totals of a finished reconciliation are its differences, class by class",
        """SELECT t.reconciliation_id, t.class FROM reconciliation_total t LEFT JOIN (
                  SELECT reconciliation_id, class, count(*) AS n FROM reconciliation_difference GROUP BY 1, 2) d
               ON d.reconciliation_id = t.reconciliation_id AND d.class = t.class
            WHERE t.class <> 'matched' AND t.count <> coalesce(d.n, 0)
           UNION ALL
           SELECT d.reconciliation_id, d.class FROM reconciliation_difference d
            WHERE NOT EXISTS (SELECT FROM reconciliation_total t
                               WHERE t.reconciliation_id = d.reconciliation_id AND t.class = d.class)""",
    ),
    Law(
        "Q4",
        "every line of a file was compared, or rejected with its reason",
        """SELECT r.id FROM reconciliation r
            WHERE r.rejected <> (SELECT count(*) FROM reconciliation_rejection x WHERE x.reconciliation_id = r.id)
               OR (r.state = 'finished' AND NOT EXISTS (
                   SELECT FROM reconciliation_total t WHERE t.reconciliation_id = r.id))""",
    ),
)


def laws() -> list[Law]:
    """Every law of this room."""
    return list(_LAWS)
