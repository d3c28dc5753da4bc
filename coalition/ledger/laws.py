"""The laws of the ledger: each is one query whose rows are offences, so that none may come back.

The letters are those of the project's list of laws (docs/flows/ledger.md). Balanced rows and a currency that sums to
zero (L1, L7) need no query: a journal row is a transfer.
"""

from __future__ import annotations

from dataclasses import replace

from coalition.kernel.laws import Law

_LATE = ("T5", "H2")  # a worker that is late puts no point at risk; every other law halts redemptions
_DRAWN = """SELECT a.account_id, a.lot_id, sum(a.amount) AS drawn FROM allocation a
    JOIN entry d ON d.account_id = a.account_id AND d.id = a.debit_id AND d.kind <> 4 GROUP BY 1, 2"""

# What a debit drew (positive) and what came back of it (negative), by the credit that the lot goes back to.
_GIVEN = """SELECT a.account_id, a.debit_id AS id, coalesce(l.root_id, l.id) AS root, a.amount FROM allocation a
      JOIN entry d ON d.account_id = a.account_id AND d.id = a.debit_id AND d.kind IN (2, 4)
      JOIN entry l ON l.account_id = a.account_id AND l.id = a.lot_id
     UNION ALL
    SELECT r.account_id, r.origin_id, coalesce(l.root_id, l.id), a.amount FROM entry r
      JOIN allocation a ON a.account_id = r.account_id AND a.debit_id = r.id
      JOIN entry l ON l.account_id = a.account_id AND l.id = a.lot_id
     WHERE r.kind = 7
     UNION ALL
    SELECT account_id, origin_id, root_id, -amount FROM entry WHERE kind = 7 AND funding_id IS NOT NULL"""

_LAWS = (
    Law(
        "L2",
        "credits and what comes back or arrives add, everything else takes, and only what is born or owed is funded",
        """SELECT account_id, id FROM entry WHERE kind NOT BETWEEN 1 AND 10
              OR (kind IN (1, 5, 7, 10)) <> (amount > 0) AND NOT (kind = 8 AND operation = 19)
              OR (kind IN (1, 10) OR kind = 8 AND operation <> 19) AND funding_id IS NULL
              OR kind NOT IN (1, 5, 7, 8, 10) AND funding_id IS NOT NULL""",
    ),
    Law(
        "L3",
        "a wallet's points are the sum of its journal rows",
        """SELECT account_id, w.undrawn, e.undrawn AS journal FROM wallet w FULL JOIN (
             SELECT account_id, sum(amount) AS undrawn FROM entry WHERE kind NOT IN (4, 8) GROUP BY 1) e
             USING (account_id)
           WHERE w.account_id IS NULL OR w.undrawn <> coalesce(e.undrawn, 0)""",
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
        "L9",
        "what is given back of a redemption never exceeds it, in all and credit by credit",
        f"""SELECT o.account_id, o.id, 0 AS lot_id FROM entry o
             JOIN entry r ON r.account_id = o.account_id AND r.origin_id = o.id AND r.kind = 7
           GROUP BY o.account_id, o.id, o.amount, o.kind HAVING sum(r.amount) > -o.amount OR o.kind NOT IN (2, 4)
           UNION ALL
           SELECT account_id, id, root FROM ({_GIVEN}) g GROUP BY 1, 2, 3 HAVING sum(amount) < 0""",
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
        """SELECT t.name, p.privilege FROM (
             VALUES ('entry'), ('allocation'), ('account'), ('funding_leg'), ('clawback'), ('restored')) t(name)
             CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) p(privilege)
             JOIN pg_roles r ON r.rolname = 'coalition_app'
           WHERE has_table_privilege(r.oid, t.name, p.privilege)""",
    ),
    Law(
        "L12",
        "what came back in proportion is in the journal as it is written down, and never more of a draw than was drawn",
        f"""SELECT account_id, id, root FROM (
             SELECT r.account_id, r.debit_id AS id, coalesce(l.root_id, l.id) AS root, r.amount FROM restored r
               JOIN entry l ON l.account_id = r.account_id AND l.id = r.lot_id
              UNION ALL
             SELECT g.account_id, g.id, g.root, g.amount FROM ({_GIVEN}) g
              WHERE g.amount < 0 AND EXISTS (
                SELECT FROM restored r WHERE r.account_id = g.account_id AND r.debit_id = g.id)) b
           GROUP BY 1, 2, 3 HAVING sum(amount) <> 0
           UNION ALL
           SELECT r.account_id, r.debit_id, r.lot_id FROM restored r
             LEFT JOIN allocation a ON a.account_id = r.account_id AND a.debit_id = r.debit_id AND a.lot_id = r.lot_id
           GROUP BY r.account_id, r.debit_id, r.lot_id, a.amount, a.drawn_before
           HAVING sum(r.amount) > coalesce(a.amount, 0)
               OR min(r.drawn_before) <> a.drawn_before + a.amount - sum(r.amount)""",
    ),
    Law(
        "T1",
        "what remains of a lot is what it was born with less its draws; a used-up lot is gone",
        f"""SELECT e.account_id, e.id FROM entry e
             LEFT JOIN lot l ON l.account_id = e.account_id AND l.entry_id = e.id
             LEFT JOIN ({_DRAWN}) a ON a.account_id = e.account_id AND a.lot_id = e.id
           WHERE e.funding_id IS NOT NULL AND e.kind <> 8
             AND (coalesce(l.remaining, 0) <> e.amount - coalesce(a.drawn, 0) OR l.amount <> e.amount
                  OR l.funding_id <> e.funding_id OR coalesce(l.restriction_id, 0) <> coalesce(e.restriction_id, 0)
                     AND l.amount IS NOT NULL
                  OR l.expires_at <> coalesce(e.expires_at, 'infinity'))
           UNION ALL
           SELECT l.account_id, l.entry_id FROM lot l WHERE NOT EXISTS (
             SELECT FROM entry e
              WHERE e.account_id = l.account_id AND e.id = l.entry_id AND e.funding_id IS NOT NULL AND e.kind <> 8)""",
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
        "every debit is drawn from lots in full, and all that comes back is put back in full",
        """SELECT e.account_id, e.id FROM entry e
             LEFT JOIN allocation a ON a.account_id = e.account_id AND a.debit_id = e.id
           WHERE e.funding_id IS NULL AND e.kind <> 8 GROUP BY e.account_id, e.id, e.amount
           HAVING coalesce(sum(a.amount), 0) <> -e.amount""",
    ),
    Law(
        "T4",
        "nothing is spent from a lot before it is usable or after it has ended",
        """SELECT a.account_id, a.debit_id, a.lot_id FROM allocation a
             JOIN entry d ON d.account_id = a.account_id AND d.id = a.debit_id AND d.kind IN (2, 3, 9)
             JOIN account c ON c.id = d.contra_id
             LEFT JOIN entry l ON l.account_id = a.account_id AND l.id = a.lot_id
           WHERE l.id IS NULL OR d.recorded_at >= coalesce(l.expires_at, 'infinity')
              OR d.recorded_at < l.active_at AND c.kind IN (3, 5)""",
    ),
    Law(
        "T5",
        "what has ended is swept within an hour",
        """SELECT l.account_id, l.entry_id FROM lot l WHERE l.expires_at < now() - interval '1 hour' AND NOT EXISTS (
             SELECT FROM entry e WHERE e.account_id = l.account_id AND e.recorded_at > now() - interval '1 hour')""",
    ),
    Law(
        "A1",
        "what a wallet owes is its open debts, and what the journal made it owe less what was netted",
        """SELECT account_id, w.arrears, d.owed, e.owed AS journal FROM wallet w
             FULL JOIN (SELECT account_id, sum(remaining) AS owed FROM debt GROUP BY 1) d USING (account_id)
             FULL JOIN (SELECT account_id, sum(CASE kind WHEN 8 THEN -amount ELSE amount END) AS owed FROM entry
                         WHERE kind IN (8, 9) GROUP BY 1) e USING (account_id)
           WHERE coalesce(w.arrears, 0) <> coalesce(d.owed, 0) OR coalesce(w.arrears, 0) <> coalesce(e.owed, 0)""",
    ),
    Law(
        "A2",
        "a credit is never clawed back beyond what it was, and as its record says",
        """SELECT c.account_id, c.credit_id FROM clawback c
             JOIN entry e ON e.account_id = c.account_id AND e.id = c.credit_id
             LEFT JOIN entry o ON o.account_id = c.home_id AND o.id = c.debit_id
             LEFT JOIN entry d ON d.account_id = c.home_id AND d.id = c.debt_id
             LEFT JOIN LATERAL (SELECT sum(r.amount) AS given FROM entry r WHERE r.account_id = c.home_id
                                   AND r.origin_id = c.debit_id AND r.kind = 7) r ON true
           GROUP BY c.account_id, c.credit_id, e.amount
           HAVING sum(c.own + c.others + c.owed - coalesce(r.given, 0)) > e.amount
               OR bool_or(c.own <> -coalesce(o.amount, 0) OR c.others + c.owed <> -coalesce(d.amount, 0))""",
    ),
    Law(
        "T6",
        "a restricted lot is what its credit was restricted to, wherever it was split",
        """SELECT e.account_id, e.id FROM entry e JOIN entry b ON b.account_id = e.account_id AND b.id = e.root_id
           WHERE e.restriction_id IS DISTINCT FROM b.restriction_id
           UNION ALL
           SELECT a.account_id, a.debit_id FROM allocation a
             JOIN entry d ON d.account_id = a.account_id AND d.id = a.debit_id AND d.kind = 9
             JOIN entry l ON l.account_id = a.account_id AND l.id = a.lot_id AND l.restriction_id IS NOT NULL""",
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
