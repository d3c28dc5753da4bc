-- Grain: the one tariff row that fits: the zone of the longest prefix of postal code or city, the weight, the day.
-- While no country is known (NULL), of all zones the one that is dearest. Params: program_id, carrier, service, grams,
-- today, country, postal, city.
WITH zone AS (
    SELECT z.zone FROM tariff_zone z
     WHERE z.program_id = :program_id AND z.carrier = :carrier AND z.country = :country
       AND starts_with(CASE z.kind WHEN 'postal' THEN :postal ELSE :city END, z.prefix)
     ORDER BY length(z.prefix) DESC, z.kind LIMIT 1)
SELECT t.id, t.zone, t.base_minor, t.per_kg_minor, t.free_from_points, t.days_min, t.days_max
  FROM carrier_tariff t
 WHERE t.program_id = :program_id AND t.carrier = :carrier AND t.service = :service
   AND t.weight_g @> CAST(:grams AS int) AND t.valid @> CAST(:today AS date)
   AND (CAST(:country AS text) IS NULL OR t.zone = (SELECT zone FROM zone))
 ORDER BY t.base_minor + t.per_kg_minor * :grams / 1000 DESC, t.id
 LIMIT 1
