"""The laws of invoices and of the bank: numbers without a gap, each transfer ordered once, each entry counted once."""

from __future__ import annotations

from coalition.kernel.laws import Law

LAWS = (
    Law(
        "P61",
        "the numbers of a seller's invoices of a year begin at one and have no gap",
        """SELECT seller_id, year FROM invoice GROUP BY 1, 2
            HAVING min(seq) <> 1 OR max(seq) <> count(*) OR count(DISTINCT number) <> count(*)""",
    ),
    Law(
        "P62",
        "an invoice is its document, to the cent; a statement that is billed is billed whole",
        """SELECT i.id FROM invoice i LEFT JOIN (
                  SELECT x.statement_id, x.net_minor, x.vat_minor,
                         row_number() OVER (PARTITION BY x.statement_id ORDER BY x.id) AS no
                    FROM statement_document x) d
                    ON (d.statement_id, d.no) = (i.statement_id, i.document_no)
            WHERE (abs(d.net_minor), abs(d.vat_minor)) IS DISTINCT FROM (i.net_minor, i.vat_minor)
           UNION ALL
           SELECT i.statement_id FROM invoice i GROUP BY 1 HAVING count(*) <> (
                  SELECT count(*) FROM statement_document d WHERE d.statement_id = i.statement_id)""",
    ),
    Law(
        "P63",
        "an invoice was written by a statement that was sent, and its file is what it was",
        """SELECT i.id FROM invoice i WHERE i.xml_sha256 <> sha256(i.xml)
               OR NOT EXISTS (SELECT FROM statement_event e
                               WHERE e.statement_id = i.statement_id AND e.state = 'sent')""",
    ),
    Law(
        "P64",
        "a file of transfers is the sum of its orders, and orders payments of its run as they were asked for",
        """SELECT f.id FROM bank_file f LEFT JOIN bank_order o ON o.file_id = f.id
            GROUP BY f.id, f.orders, f.total_minor
           HAVING (count(o.request_id), coalesce(sum(o.amount_minor), 0)) <> (f.orders, f.total_minor)
           UNION ALL
           SELECT o.file_id FROM bank_order o JOIN bank_file f ON f.id = o.file_id
             JOIN payout_payment p ON p.id = o.payment_id JOIN payout_request r ON r.id = o.request_id
            WHERE p.run_id <> f.run_id OR p.direction <> 'out' OR r.amount_minor <> o.amount_minor
               OR o.amount_minor > p.amount_minor OR p.currency <> f.currency OR r.payment_id <> p.id""",
    ),
    Law(
        "P65",
        "every entry of a bank's statement is one receipt, and a statement that told nothing known adds up",
        """SELECT e.receipt_id FROM bank_entry e JOIN payout_receipt r ON r.id = e.receipt_id
            WHERE (r.source, r.reference) <> ('camt:' || e.iban, e.reference)
           UNION ALL
           SELECT r.id FROM payout_receipt r WHERE r.source LIKE 'camt:%'
              AND NOT EXISTS (SELECT FROM bank_entry e WHERE e.receipt_id = r.id)
           UNION ALL
           SELECT s.id FROM bank_statement s LEFT JOIN bank_entry e ON e.statement_id = s.id
             LEFT JOIN payout_receipt r ON r.id = e.receipt_id WHERE s.known = 0
            GROUP BY s.id, s.moved_minor, s.entries
           HAVING (coalesce(sum(CASE r.direction WHEN 'in' THEN r.amount_minor ELSE -r.amount_minor END), 0),
                   count(e.receipt_id)) <> (s.moved_minor, s.entries)""",
    ),
    Law(
        "P66",
        "the application cannot rewrite invoices, orders, what a bank said, or what people decided of it",
        """SELECT t.name, p.privilege FROM (VALUES ('invoice'), ('bank_file'), ('bank_order'), ('bank_statement'),
             ('bank_entry'), ('receipt_decision')) t(name)
             CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) p(privilege)
             JOIN pg_roles r ON r.rolname = 'coalition_app'
           WHERE has_table_privilege(r.oid, t.name, p.privilege)""",
    ),
)
