-- Grain: one row that cannot be used, as it was sent; the first :keep of them. Params: run_id, keep.
INSERT INTO feed_quarantine (run_id, line_no, codes, row_as_sent)
SELECT r.run_id, r.line_no, r.codes, jsonb_strip_nulls(to_jsonb(s) - ARRAY['run_id', 'line_no', 'codes'])
  FROM (SELECT run_id, line_no, codes FROM feed_row WHERE run_id = :run_id AND NOT fit
         ORDER BY line_no LIMIT :keep) AS r
  JOIN feed_stage s ON s.run_id = r.run_id AND s.line_no = r.line_no
