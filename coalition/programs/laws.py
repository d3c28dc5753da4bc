"""What must always hold of programs and of the points that their policies made."""

from __future__ import annotations

from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "G1",
        "a program that has ended keeps no points a day later, but what open holds pin",
        """SELECT p.id AS program_id, w.account_id FROM program p JOIN wallet w ON w.program_id = p.id
            WHERE p.state = 'ended' AND w.undrawn > 0
              AND p.sunset_ends_on + 2 < (now() AT TIME ZONE p.zone)::date""",
    ),
    Law(
        "G2",
        "a restricted lot is of a promo account of its own currency",
        """SELECT l.account_id, l.entry_id FROM lot l JOIN account a ON a.id = l.account_id
             LEFT JOIN promo_account p ON p.id = l.restriction_id AND p.currency_id = a.currency_id
            WHERE l.restriction_id IS NOT NULL AND p.id IS NULL""",
        halts=True,
    ),
    Law(
        "G3",
        "no hold is open on points that only count towards a tier",
        """SELECT h.account_id, h.id FROM hold h JOIN account a ON a.id = h.account_id
             JOIN currency c ON c.id = a.currency_id
            WHERE h.state = 'open' AND c.kind = 'tier'""",
        halts=True,
    ),
)


def laws() -> list[Law]:
    """The laws of this room."""
    return list(_LAWS)
