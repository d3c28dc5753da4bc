-- Grain: one reward of the program whose card has got another offer by what the supplier brought. Params: supplier_id,
-- program_id.
UPDATE reward w
   SET shared = true
  FROM (SELECT DISTINCT product_id FROM reward
         WHERE program_id = :program_id AND supplier_id = :supplier_id AND shared AND state = 'on_sale') AS s
 WHERE w.program_id = :program_id AND w.product_id = s.product_id AND NOT w.shared
