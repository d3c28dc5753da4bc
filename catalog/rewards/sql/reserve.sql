-- Grain: one order line. `fresh` is whether the key is new, `taken` whether the pieces were there: the one conditional
-- UPDATE that decides. Params: key, offer_id, qty.
WITH fresh AS (
    INSERT INTO reservation (key, offer_id, qty)
    SELECT :key, s.offer_id, :qty FROM stock s WHERE s.offer_id = :offer_id
    ON CONFLICT (key) DO NOTHING
    RETURNING offer_id, qty),
taken AS (
    UPDATE stock s SET reserved = s.reserved + f.qty
      FROM fresh f
     WHERE s.offer_id = f.offer_id AND (s.on_hand IS NULL OR s.on_hand - s.reserved >= f.qty)
    RETURNING s.offer_id)
SELECT EXISTS (SELECT FROM fresh) AS fresh, EXISTS (SELECT FROM taken) AS taken
