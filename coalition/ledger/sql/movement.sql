-- One journal row by its address. Grain: at most one row, of any kind.
SELECT e.id, e.account_id, e.currency_id, e.recorded_at, e.occurred_at, e.amount, e.operation, e.partner_id,
       e.external_id, e.no, c.owner, e.expires_at, e.kind, c.kind
  FROM entry e
  JOIN account c ON c.id = e.contra_id
 WHERE e.account_id = %s AND e.id = %s
