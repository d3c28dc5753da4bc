"""The laws of cards that were taken over."""

from __future__ import annotations

from coalition.kernel.laws import Law

_LAWS = (
    Law(
        "R15",
        "the balance that a card brought is the journal row it names, unit for unit, on the wallet of its member",
        """SELECT t.id FROM takeover t
             LEFT JOIN entry e ON e.account_id = t.account_id AND e.id = t.entry_id
             LEFT JOIN account a ON a.id = t.account_id
            WHERE t.units IS NOT NULL
              AND (e.amount, e.operation, e.partner_id, e.external_id, e.request_hash, a.owner, a.currency_id)
                  IS DISTINCT FROM
                  (t.units, 22, t.partner_id, t.external_id, t.request_hash, t.member_id, t.currency_id)""",
    ),
    Law(
        "R16",
        "every opening balance was brought by a card",
        """SELECT e.account_id, e.id FROM entry e
             LEFT JOIN takeover t ON t.partner_id = e.partner_id AND t.external_id = e.external_id
            WHERE e.operation = 22 AND t.entry_id IS DISTINCT FROM e.id""",
    ),
)


def laws() -> list[Law]:
    """Every law of cards that were taken over."""
    return list(_LAWS)
