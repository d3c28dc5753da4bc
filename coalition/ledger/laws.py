"""The laws of the ledger: each is one query whose rows are offences, so that none may come back.

The letters are those of the project's list of laws (docs/flows/ledger.md). Balanced rows and a currency that sums to
zero (L1, L7) need no query: a journal row is a transfer. Reversals (L9, L10) have no rows yet; L10 stands for captures.
"""

from __future__ import annotations

from dataclasses import replace

from coalition.kernel.laws import Law

_LATE = ("T5", "H2")  # a worker that is late puts no point at risk; every other law halts redemptions
_DRAWN = """SELECT a.account_id, a.lot_id, sum(a.amount) AS drawn FROM allocation a
    JOIN entry d ON d.account_id = a.account_id AND d.id = a.debit_id AND d.kind <> 4 GROUP BY 1, 2"""

_LAWS = (
    Law(
        "L2",
        "credits and releases add, everything else takes, and only what is born as a lot is funded",
        """SELECT account_id, id FROM entry WHERE kind NOT BETWEEN 1 AND 6 OR (kind IN (1, 5)) <> (amount > 0)
              OR (kind = 1 AND funding_id IS NULL) OR (kind NOT IN (1, 5) AND funding_id IS NOT NULL)""",
    ),
    Law(
        "L3",
        "a wallet's points are the sum of its journal rows",
        """SELECT account_id, w.undrawn, e.undrawn AS journal FROM wallet w FULL JOIN (
             SELECT account_id, sum(amount) AS undrawn FROM entry WHERE kind <> 4 GROUP BY 1) e USING (account_id)
           WHERE w.undrawn IS DISTINCT FROM e.undrawn""",
    ),
    Law(
        "L4",
        "held points are the open holds, and what the journal moved into the held pocket",
        """SELECT account_id, w.held, h.held AS holds, e.held AS journal FROM wallet w
             LEFT JOIN (SELECT account_id, sum(amount - captured - released) AS held FROM hold GROUP BY 1) h
               USING (account_id)
             LEFT JOIN (SELECT account_id, sum(CASE kind WHEN 4 THEN amount ELSE -amount END) AS held FROM entry
                         WHERE kind IN (3, 4, 5) GROUP BY 1) e USING (account_id)
           WHERE w.held <> coalesce(h.held, 0) OR w.held <> coalesce(e.held, 0)""",
    ),
    Law(
        "L5",
        "nothing is negative",
        """SELECT account_id FROM wallet WHERE undrawn < 0 OR held < 0 OR arrears < 0
           UNION ALL SELECT account_id FROM lot WHERE remaining <= 0 OR remaining > amount""",
    ),
    Law(
        "L6",
        "a journal row stays within its program and currency, between a wallet and a contra account",
        """SELECT e.account_id, e.id FROM entry e
             LEFT JOIN account a ON a.id = e.account_id LEFT JOIN account c ON c.id = e.contra_id
           WHERE a.kind IS DISTINCT FROM 1 OR c.kind IS NOT DISTINCT FROM 1
              OR (a.program_id, a.currency_id) IS DISTINCT FROM (e.program_id, e.currency_id)
              OR (c.program_id, c.currency_id) IS DISTINCT FROM (e.program_id, e.currency_id)""",
    ),
    Law(
        "L8",
        "a business key has one effect",
        """SELECT partner_id, operation, external_id, no FROM entry GROUP BY 1, 2, 3, 4 HAVING count(*) > 1""",
    ),
    Law(
        "L10",
        "captures and releases of a hold never exceed it, lot by lot",
        """SELECT h.account_id, h.id, a.lot_id FROM hold h
             JOIN allocation a ON a.account_id = h.account_id AND a.debit_id = h.id
             LEFT JOIN entry o ON o.account_id = h.account_id AND o.origin_id = h.id
             LEFT JOIN allocation x ON x.account_id = h.account_id AND x.debit_id = o.id AND x.lot_id = a.lot_id
           GROUP BY h.account_id, h.id, a.lot_id, a.amount HAVING coalesce(sum(abs(x.amount)), 0) > a.amount""",
    ),
    Law(
        "L11",
        "the application cannot rewrite history",
        """SELECT t.name, p.privilege FROM (VALUES ('entry'), ('allocation'), ('account'), ('funding_leg')) t(name)
             CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) p(privilege)
             JOIN pg_roles r ON r.rolname = 'coalition_app'
           WHERE has_table_privilege(r.oid, t.name, p.privilege)""",
    ),
    Law(
        "T1",
        "what remains of a lot is what it was born with less its draws; a used-up lot is gone",
        f"""SELECT e.account_id, e.id FROM entry e
             LEFT JOIN lot l ON l.account_id = e.account_id AND l.entry_id = e.id
             LEFT JOIN ({_DRAWN}) a ON a.account_id = e.account_id AND a.lot_id = e.id
           WHERE e.funding_id IS NOT NULL AND e.kind IN (1, 5)
             AND (coalesce(l.remaining, 0) <> e.amount - coalesce(a.drawn, 0) OR l.amount <> e.amount
                  OR l.funding_id <> e.funding_id OR l.expires_at <> coalesce(e.expires_at, 'infinity'))
           UNION ALL
           SELECT l.account_id, l.entry_id FROM lot l WHERE NOT EXISTS (
             SELECT FROM entry e
              WHERE e.account_id = l.account_id AND e.id = l.entry_id AND e.funding_id IS NOT NULL)""",
    ),
    Law(
        "T2",
        "a wallet's points are the sum of its lots",
        """SELECT account_id, undrawn, lots FROM wallet FULL JOIN (
             SELECT account_id, sum(remaining) AS lots FROM lot GROUP BY 1) l USING (account_id)
           WHERE coalesce(undrawn, 0) <> coalesce(lots, 0)""",
    ),
    Law(
        "T3",
        "every debit is drawn from lots in full, and every release put back in full",
        """SELECT e.account_id, e.id FROM entry e
             LEFT JOIN allocation a ON a.account_id = e.account_id AND a.debit_id = e.id
           WHERE e.funding_id IS NULL GROUP BY e.account_id, e.id, e.amount
           HAVING coalesce(sum(a.amount), 0) <> -e.amount""",
    ),
    Law(
        "T4",
        "nothing is spent from a lot before it is usable or after it has ended",
        """SELECT a.account_id, a.debit_id, a.lot_id FROM allocation a
             JOIN entry d ON d.account_id = a.account_id AND d.id = a.debit_id AND d.kind IN (2, 3)
             LEFT JOIN entry l ON l.account_id = a.account_id AND l.id = a.lot_id
           WHERE l.id IS NULL OR d.recorded_at >= coalesce(l.expires_at, 'infinity') OR d.recorded_at < l.active_at""",
    ),
    Law(
        "T5",
        "what has ended is swept within an hour",
        """SELECT l.account_id, l.entry_id FROM lot l WHERE l.expires_at < now() - interval '1 hour' AND NOT EXISTS (
             SELECT FROM entry e WHERE e.account_id = l.account_id AND e.recorded_at > now() - interval '1 hour')""",
    ),
    Law(
        "H1",
        "a hold is resolved exactly",
        """SELECT account_id, id FROM hold WHERE captured < 0 OR released < 0 OR captured + released > amount
              OR (state <> 'open') <> (captured + released = amount)""",
    ),
    Law(
        "H2",
        "no hold stays open five minutes past its time",
        """SELECT account_id, id FROM hold WHERE state = 'open' AND expires_at < now() - interval '5 minutes'""",
    ),
    Law(
        "H3",
        "a hold is a debit in the journal",
        """SELECT account_id, id FROM hold h FULL JOIN (SELECT account_id, id, amount FROM entry WHERE kind = 3) e
             USING (account_id, id) WHERE h.amount IS DISTINCT FROM -e.amount""",
    ),
    Law(
        "F1",
        "every lot is funded, and its legs weigh what they say",
        """SELECT e.account_id, e.id FROM entry e LEFT JOIN (
             SELECT funding_id FROM funding_leg GROUP BY 1
             HAVING sum(weight) = max(total) AND min(total) = max(total) AND count(*) = max(legs)) f USING (funding_id)
           WHERE e.funding_id IS NOT NULL AND f.funding_id IS NULL""",
    ),
)


def laws() -> list[Law]:
    """Every law of this room. A sound ledger returns no row for any of them, at any moment."""
    return [replace(law, halts=law.code not in _LATE) for law in _LAWS]
