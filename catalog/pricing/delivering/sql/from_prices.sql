-- Grain: one service of a supplier with its cheapest tariff row of today. Params: suppliers, today.
SELECT DISTINCT ON (s.id) s.supplier_id, s.code, s.kind, s.carrier, t.program_id, t.base_minor, t.days_min, t.days_max
  FROM delivery_service s
  JOIN carrier_tariff t ON t.carrier = s.carrier AND t.service = s.service AND t.valid @> CAST(:today AS date)
   AND t.program_id = s.program_id
 WHERE s.supplier_id = ANY (:suppliers)
 ORDER BY s.id, t.base_minor, t.days_min
 LIMIT 1000
