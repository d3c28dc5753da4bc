"""The laws of what members hold that is no money."""

from __future__ import annotations

from coalition.kernel.laws import Law

_COUNTED = "('progress', 'completed', 'badge', 'crown', 'ticket')"
_LAWS = (
    Law(
        "CP6",
        "what a member holds is what it was given and what was taken back, and nothing else",
        f"""SELECT coalesce(g.program_id, h.program_id) AS program_id, who AS member_id
              FROM (SELECT coalesce(m.merged_into, m.id) AS who, e.program_id, e.holding AS kind, e.name,
                           sum(e.change) AS n
                      FROM given_effect e JOIN member m ON m.id = e.member_id
                     WHERE e.holding IN {_COUNTED} GROUP BY 1, 2, 3, 4) g
              FULL JOIN (SELECT coalesce(m.merged_into, m.id) AS who, o.program_id, o.kind, o.name, sum(o.value) AS n
                      FROM member_holding o JOIN member m ON m.id = o.member_id
                     WHERE o.kind IN {_COUNTED} AND o.name <> '' GROUP BY 1, 2, 3, 4) h
                USING (who, kind, name)
             WHERE coalesce(g.n, 0) <> coalesce(h.n, 0)""",
    ),
    Law(
        "CP7",
        "what is taken back was given to the same member for the same thing, and no more of it than was given",
        """SELECT u.program_id, u.id FROM given_effect u JOIN given_effect g ON g.id = u.undoes
            WHERE (u.member_id, u.source, u.source_id, u.kind, u.name)
                  IS DISTINCT FROM (g.member_id, g.source, g.source_id, g.kind, g.name)
               OR g.undoes IS NOT NULL OR u.change > 0
            UNION ALL
           SELECT g.program_id, g.id FROM given_effect g JOIN given_effect u ON u.undoes = g.id
            GROUP BY 1, 2, g.what, g.holding
           HAVING -sum(u.change) > CASE WHEN g.holding = 'progress' THEN CAST(g.what ->> 'delta' AS bigint)
                                        ELSE greatest(g.change, 0) END""",
    ),
    Law(
        "CP8",
        "a draw's winners took part in it with the ticket that won, each once, and no more than there are prizes",
        """SELECT d.program_id, d.name FROM prize_draw d CROSS JOIN LATERAL (
             SELECT count(*) AS won, count(DISTINCT w ->> 0) AS people,
                    count(*) FILTER (WHERE (w ->> 1)::int BETWEEN 1 AND (
                      SELECT (e ->> 1)::int FROM jsonb_array_elements(d.entries) e WHERE e ->> 0 = w ->> 0)) AS held
               FROM jsonb_array_elements(d.winners) w) x
            WHERE x.won <> least(d.prizes, jsonb_array_length(d.entries)) OR x.people <> x.won OR x.held <> x.won""",
    ),
)


def laws() -> list[Law]:
    """The laws of what members hold."""
    return list(_LAWS)
