"""The laws of granting: what promotions gave is what was evaluated, and no limit was exceeded, whoever came at once."""

from __future__ import annotations

from coalition.kernel.laws import Law

# a counter's key as that of the member who is there today
TODAY = """
    regexp_replace(x.key, '/member:[0-9]+/', '/member:' || coalesce(
      (SELECT coalesce(m.merged_into, m.id) FROM member m
        WHERE m.id = substring(x.key from '/member:([0-9]+)/')::bigint)::text, '?') || '/')"""
_USED = f"""
    SELECT x.program_id, {TODAY} AS key, sum(x.amount)::bigint AS used FROM (
      SELECT e.program_id, u.key, u.value::bigint AS amount
        FROM evaluation e CROSS JOIN LATERAL jsonb_each_text(e.used) u
       UNION ALL SELECT program_id, key, -amount FROM limit_release) x GROUP BY 1, 2"""
_LAWS = (
    Law(
        "PR1",
        "what promotions gave is what their evaluations granted, unit for unit",
        """SELECT coalesce(g.kind, a.kind), coalesce(g.of_id, a.of_id) FROM (
             SELECT e.kind, e.of_id, x.f ->> 'promotion' AS promotion, (x.f ->> 'effect')::int AS effect,
                    sum((x.f ->> 'units')::bigint) AS units
               FROM evaluation e CROSS JOIN LATERAL jsonb_array_elements(e.effects) x(f)
              WHERE x.f ->> 'kind' IN ('points.credit', 'cashback') AND (x.f ->> 'units')::bigint > 0
              GROUP BY 1, 2, 3, 4) g
             FULL JOIN (
             SELECT 'purchase' AS kind, purchase_id AS of_id, promotion, effect::int, sum(units) AS units FROM award
              WHERE promotion IS NOT NULL GROUP BY 2, 3, 4
              UNION ALL
             SELECT 'event', event_id, promotion, effect::int, sum(units) FROM event_award
              WHERE promotion IS NOT NULL GROUP BY 2, 3, 4) a USING (kind, of_id, promotion, effect)
           WHERE g.units IS DISTINCT FROM a.units""",
    ),
    Law(
        "PR2",
        "a limit's counter, less what its leases have left, is what evaluations have used and returns not given back",
        f"""SELECT coalesce(c.key, u.key) FROM (
              SELECT x.program_id, {TODAY} AS key,
                     sum(x.used - coalesce((SELECT sum(left_over) FROM limit_lease l
                                             WHERE l.program_id = x.program_id AND l.key = x.key), 0)) AS used
                FROM limit_counter x GROUP BY 1, 2) c
              FULL JOIN ({_USED}) u USING (program_id, key) WHERE coalesce(c.used, 0) <> coalesce(u.used, 0)""",
    ),
    Law(
        "PR3",
        "no more was used of a limit than it has",
        f"SELECT u.key FROM ({_USED}) u JOIN limit_counter c USING (program_id, key) WHERE u.used > c.most",
    ),
    Law(
        "PR7",
        "discounts come off the purchase that closed their quote, and no quote is closed twice",
        """SELECT d.purchase_id, d.quote_id FROM purchase_discount d LEFT JOIN purchase_quote_use u USING (quote_id)
            WHERE u.purchase_id IS DISTINCT FROM d.purchase_id""",
    ),
    Law(
        "PR4",
        "every award by a promotion names a version of the ruleset that it was evaluated by",
        """SELECT a.kind, a.of_id, a.promotion FROM (
             SELECT 'purchase' AS kind, purchase_id AS of_id, promotion, promotion_version AS version FROM award
              UNION ALL SELECT 'event', event_id, promotion, promotion_version FROM event_award) a
            WHERE a.promotion IS NOT NULL AND NOT EXISTS (
              SELECT FROM evaluation e JOIN ruleset r ON r.id = e.ruleset_id
               CROSS JOIN LATERAL jsonb_array_elements(r.document::jsonb -> 'promotions') p
               WHERE e.kind = a.kind AND e.of_id = a.of_id AND p ->> 'id' = a.promotion
                 AND (p ->> 'version')::int = a.version)""",
    ),
    Law(
        "PR6",
        "a purchase's discounts are those of its evaluation, and their lines sum to them",
        """SELECT coalesce(g.of_id, d.of_id) FROM (
             SELECT e.of_id, x.f ->> 'promotion' AS promotion, (x.f ->> 'effect')::int AS effect,
                    (x.f ->> 'minor')::bigint AS minor
               FROM evaluation e CROSS JOIN LATERAL jsonb_array_elements(e.effects) x(f)
              WHERE e.kind = 'purchase' AND x.f ->> 'kind' = 'discount') g
             FULL JOIN (
             SELECT purchase_id AS of_id, promotion, effect::int, amount_minor AS minor,
                    (SELECT sum(value::bigint) FROM jsonb_each_text(lines)) AS lines FROM purchase_discount) d
             USING (of_id, promotion, effect)
           WHERE g.minor IS DISTINCT FROM d.minor OR d.minor IS DISTINCT FROM d.lines""",
    ),
    Law(
        "PR5",
        "a rolling limit's days are what evaluations have used of it, all days together",
        """SELECT d.key FROM (SELECT program_id, key, sum(used) AS used FROM limit_day GROUP BY 1, 2) d
             JOIN limit_counter c USING (program_id, key) WHERE d.used <> c.used""",
    ),
)


def laws() -> list[Law]:
    """Every law of granting."""
    return list(_LAWS)
