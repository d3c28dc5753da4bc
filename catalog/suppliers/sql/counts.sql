-- Grain: one staged row of a feed that brings counts alone: its article and how many pieces there are. E = the row is
-- not used; W06 = the supplier sells no such article here, so nothing is counted. What is not available is none; any
-- other row has to say a number. Of a repeated id the last row counts. Params: run_id, supplier_id.
INSERT INTO feed_row (run_id, line_no, sku, quantity, codes, fit)
SELECT v.run_id, v.line_no, v.sku, v.quantity,
       CASE WHEN v.codes = '{}' AND NOT v.known THEN ARRAY['W06'] ELSE v.codes END, v.codes = '{}'
  FROM (
    SELECT s.run_id, s.line_no, s.sku, o.id IS NOT NULL AS known,
           CASE WHEN NOT s.available THEN 0 WHEN s.quantity ~ '^[0-9]{1,7}$' THEN s.quantity::int END AS quantity,
           array_remove(ARRAY[
               CASE WHEN s.sku IS NULL THEN 'E01' END,
               CASE WHEN s.line_no < repeated.last_line THEN 'E02' END,
               CASE WHEN s.available AND s.quantity ~ '^[0-9]{1,7}$' IS NOT TRUE THEN 'E07' END],
               NULL) || array_remove(s.codes, 'W05') AS codes
      FROM feed_stage s
      LEFT JOIN offer o ON o.supplier_id = :supplier_id AND o.supplier_sku = s.sku
      LEFT JOIN (SELECT sku, max(line_no) AS last_line FROM feed_stage WHERE run_id = :run_id
                  GROUP BY sku HAVING count(*) > 1) AS repeated ON repeated.sku = s.sku
     WHERE s.run_id = :run_id) AS v
