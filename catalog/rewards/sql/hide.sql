-- Grain: one reward on sale whose offer can no longer be ordered or has lost its category. Param: supplier_id.
UPDATE reward w
   SET state = 'hidden', updated_at = now()
 WHERE w.supplier_id = :supplier_id AND w.state = 'on_sale'
   AND NOT EXISTS (SELECT FROM supplier_offers o
                     JOIN category c ON c.program_id = o.program_id AND c.code = o.category_target
                    WHERE o.offer_id = w.offer_id AND o.program_id = w.program_id AND o.orderable)
