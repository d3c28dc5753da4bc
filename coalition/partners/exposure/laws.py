"""The laws of limits: what is granted comes out of a limit, to the millionth."""

from __future__ import annotations

from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "X1",
        "what the parts of a limit have left, and what it lacks, is the limit less what was used and not freed",
        """SELECT l.legal_entity_id FROM exposure_limit l
             LEFT JOIN (SELECT legal_entity_id, sum(available) AS available FROM exposure_part GROUP BY 1) p
                  USING (legal_entity_id)
             LEFT JOIN (SELECT legal_entity_id, sum(amount) AS used FROM exposure_use GROUP BY 1) u
                  USING (legal_entity_id)
             LEFT JOIN (SELECT legal_entity_id, sum(amount) AS freed FROM exposure_freeing GROUP BY 1) f
                  USING (legal_entity_id)
           WHERE coalesce(p.available, 0) - l.deficit
                 <> l.cap - coalesce(u.used, 0) + coalesce(f.freed, 0)""",
    ),
    Law(
        "X2",
        "what was granted under a limit was issued, unit for unit",
        """SELECT u.partner_id, u.external_id, u.no FROM exposure_use u
            WHERE u.operation IN (1, 21) AND u.units > 0 AND NOT EXISTS (
                  SELECT FROM entry e WHERE (e.partner_id, e.operation, e.external_id, e.no, e.amount)
                                          = (u.partner_id, u.operation, u.external_id, u.no, u.units))""",
    ),
)


def laws() -> list[Law]:
    """Every law of limits."""
    return list(_LAWS)
