"""The laws of payments: paid once, paid what is owed, asked under a stored key, decided by two people."""

from __future__ import annotations

from coalition.kernel.laws import Law

LAWS = (
    Law(
        "N1",
        "a statement is paid at most once in a direction: of its payments one lives, what moved for others came back",
        """SELECT statement_id FROM payout_payment WHERE state NOT IN ('aborted', 'dropped')
            GROUP BY statement_id, direction HAVING count(*) > 1
           UNION ALL
           SELECT p.statement_id FROM payout_payment p WHERE p.state IN ('aborted', 'dropped')
              AND p.paid_minor <> 0""",
    ),
    Law(
        "N2",
        "a payment is what its statement comes to, or where it is settled gross what one of its sides comes to",
        """SELECT p.id FROM payout_payment p JOIN statement s ON s.id = p.statement_id
             JOIN payout_run r ON r.id = p.run_id JOIN settlement_period e ON e.id = s.period_id
            CROSS JOIN LATERAL (
                  SELECT m.granularity FROM agreement a JOIN settlement_model m ON m.code = a.model
                   WHERE a.legal_entity_id = s.legal_entity_id AND a.state = 'active' AND lower(a.valid) <= e.ends_on
                   ORDER BY lower(a.valid) DESC LIMIT 1) m
            CROSS JOIN LATERAL (
                  SELECT round(coalesce(sum(-least(d.sign * d.gross_minor, 0)), 0) * coalesce(s.fx_rate, 1)
                               * 10::numeric ^ (s.settlement_decimals - s.currency_decimals)) AS minor
                    FROM statement_document d WHERE d.statement_id = s.id AND m.granularity = 'gross') owed
            WHERE CASE p.direction WHEN 'out' THEN p.amount_minor - owed.minor ELSE owed.minor - p.amount_minor END
                  <> CASE WHEN m.granularity = 'gross' AND p.direction = 'in' THEN 0 ELSE s.settlement_minor END
               OR p.currency <> s.settlement_currency OR p.legal_entity_id <> s.legal_entity_id
               OR (s.program_id, s.period_id) <> (r.program_id, r.period_id) OR s.is_operator""",
    ),
    Law(
        "N3",
        "no provider is asked for a payment without an idempotency key that was stored before",
        """SELECT p.id FROM payout_payment p
            WHERE (p.external_id IS NOT NULL OR p.state NOT IN ('recorded', 'reserved', 'aborted'))
              AND NOT EXISTS (SELECT FROM payout_request r WHERE r.payment_id = p.id)
           UNION ALL
           SELECT payment_id FROM payout_request
            WHERE asked_at <= created_at OR (state IN ('asked', 'unknown', 'done', 'refused') AND asked_at IS NULL)
           UNION ALL
           SELECT p.id FROM payout_payment p WHERE p.external_id IS NOT NULL
              AND NOT EXISTS (SELECT FROM payout_request r
                               WHERE r.payment_id = p.id AND r.state IN ('done', 'refused'))""",
    ),
    Law(
        "N4",
        "what is paid is the sum of its receipts, less what came back, in its own currency",
        """SELECT p.id FROM payout_payment p LEFT JOIN payout_receipt r ON r.payment_id = p.id
            GROUP BY p.id, p.paid_minor
           HAVING p.paid_minor <> coalesce(
                  sum(CASE WHEN r.direction = p.direction THEN r.amount_minor ELSE -r.amount_minor END), 0)
           UNION ALL
           SELECT r.payment_id FROM payout_receipt r JOIN payout_payment p ON p.id = r.payment_id
            WHERE r.currency <> p.currency""",
    ),
    Law(
        "N5",
        "a run that was committed is exactly what a second person approved",
        """SELECT r.id FROM payout_run r LEFT JOIN approval a ON a.id = r.approval_id
            WHERE r.state IN ('committed', 'settled')
              AND (a.state IS DISTINCT FROM 'executed' OR a.approver <> r.committed_by OR a.requested_by = a.approver
                   OR (a.payload ->> 'run_id')::bigint <> r.id
                   OR a.payload ->> 'content' <> encode(r.content_hash, 'hex'))""",
    ),
    Law(
        "N6",
        "an account is exactly what a second person approved",
        """SELECT e.id FROM entity_account e LEFT JOIN approval a ON a.id = e.approval_id
            WHERE a.state IS DISTINCT FROM 'executed' OR a.kind <> 'payouts.account' OR a.approver = a.requested_by
               OR (a.payload ->> 'legal_entity_id')::int <> e.legal_entity_id
               OR (e.kind, e.holder, e.currency, e.iban, e.bic, e.connected, e.email)
                  IS DISTINCT FROM (a.payload ->> 'kind', a.payload ->> 'holder', a.payload ->> 'currency',
                  a.payload ->> 'iban', a.payload ->> 'bic', a.payload ->> 'connected', a.payload ->> 'email')""",
    ),
    Law(
        "N7",
        "the recorded changes of a run and of a payment lead to its state",
        """SELECT r.id FROM payout_run r WHERE r.state IS DISTINCT FROM (SELECT c.to_state FROM payout_change c
                   WHERE c.run_id = r.id AND c.payment_id IS NULL ORDER BY c.id DESC LIMIT 1)
           UNION ALL
           SELECT p.id FROM payout_payment p WHERE p.state IS DISTINCT FROM (SELECT c.to_state FROM payout_change c
                   WHERE c.run_id = p.run_id AND c.payment_id = p.id ORDER BY c.id DESC LIMIT 1)""",
    ),
)
