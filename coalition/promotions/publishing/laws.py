"""What must always hold of promotions that are published; `sql/composed.sql` compares them with their last ruleset."""

from __future__ import annotations

from coalition.kernel.db import load_sql
from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "Z1",
        "the rulesets of a program are numbered without a gap, up to what it counts, and hold one after another",
        """SELECT program_id, no FROM (
             SELECT r.program_id, r.no, s.last_no, r.since,
                    row_number() OVER w AS place, count(*) OVER (PARTITION BY r.program_id) AS many,
                    lag(r.since) OVER w AS before
               FROM ruleset r LEFT JOIN promo_setting s USING (program_id)
             WINDOW w AS (PARTITION BY r.program_id ORDER BY r.no)) x
           WHERE no <> place OR many IS DISTINCT FROM last_no OR since < before""",
    ),
    Law(
        "Z2",
        "the hash of a ruleset, and of a version, is that of its document",
        """SELECT program_id, no FROM ruleset WHERE sha256 <> sha256(convert_to(document, 'UTF8'))
           UNION ALL
           SELECT p.program_id, v.version FROM promotion_version v JOIN promotion p ON p.id = v.promotion_id
            WHERE v.sha256 <> sha256(convert_to(v.document, 'UTF8'))""",
    ),
    Law(
        "Z3",
        "what is published and not over is in the last ruleset of its program, in that version, and nothing else is",
        load_sql(__file__, "composed.sql"),
    ),
    Law(
        "Z4",
        "the versions of a promotion are numbered without a gap, and a document says which one it is",
        """SELECT p.program_id, v.promotion_id, v.version FROM (
             SELECT *, row_number() OVER (PARTITION BY promotion_id ORDER BY version) AS place
               FROM promotion_version) v
             JOIN promotion p ON p.id = v.promotion_id
           WHERE v.version <> v.place OR (v.document::jsonb ->> 'version')::int IS DISTINCT FROM v.version
              OR v.document::jsonb ->> 'id' IS DISTINCT FROM p.code""",
    ),
    Law(
        "Z5",
        "a version that a second person approved is what was approved, and a draft in review is what is asked for",
        """SELECT p.program_id, v.promotion_id, v.version FROM promotion_version v
             JOIN promotion p ON p.id = v.promotion_id JOIN approval a ON a.id = v.approval_id
            WHERE a.state <> 'executed' OR a.payload -> 'document' <> v.document::jsonb - 'version'
           UNION ALL
           SELECT p.program_id, p.id, p.draft_no FROM promotion p LEFT JOIN approval a ON a.id = p.approval_id
            WHERE p.approval_id IS NOT NULL
              AND (a.state NOT IN ('requested', 'approved') OR a.payload -> 'document' IS DISTINCT FROM p.draft)""",
    ),
)


def laws() -> list[Law]:
    """The laws of publishing."""
    return list(_LAWS)
