-- One purchase with its lines in one statement. Grain: one row = the id of the new purchase and a wallet of its member
-- (nulls if it has none, or only such as this transaction has made); no row if its key is taken, be it by a purchase of
-- another content that waits for its member.
-- Locks: the member's wallets, ascending, before anything else: the key, codes, counters of limits.
WITH held AS MATERIALIZED (
  SELECT w.account_id, a.currency_id, a.created_xid IS DISTINCT FROM pg_current_xact_id_if_assigned() AS lasts
    FROM account a JOIN wallet w ON w.account_id = a.id
   WHERE a.program_id = %s AND a.kind = 1 AND a.owner = %s
   ORDER BY w.account_id FOR NO KEY UPDATE OF w),
head AS (
  INSERT INTO purchase (
    occurred_at, member_id, total_minor, points_paid_minor, captured, captured_currency_id, hold_account_id, hold_id,
    program_id, partner_id, outlet_id, legal_entity_id, registry_id, source_id, external_id, request_hash, currency, channel,
    payments, actor, request_id)
  SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s FROM (SELECT count(*) FROM held) h
   WHERE NOT EXISTS (
         SELECT FROM suspense s WHERE s.partner_id = %s AND s.external_id = %s AND s.state IN ('waiting', 'refused')
            AND s.request_hash <> %s)
  ON CONFLICT DO NOTHING RETURNING id),
lines AS (
  INSERT INTO purchase_line (purchase_id, no, amount_minor, qty_m, price_minor, sku, name, category)
  SELECT head.id, l.* FROM head, unnest(
    %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[]) l)
SELECT head.id, held.currency_id, held.account_id FROM head LEFT JOIN held ON held.lasts
