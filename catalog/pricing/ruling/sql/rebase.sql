-- Grain: one reward on sale whose price for everybody or shelf is not the one that `price_base` has, or that has left.
-- Params: program_id, version.
WITH fresh AS MATERIALIZED (
    SELECT v.reward_id, v.points, v.category_path, v.supplier_id, b.points AS before
      FROM reward_prices v
      LEFT JOIN price_base b ON b.reward_id = v.reward_id
     WHERE v.program_id = :program_id AND v.on_sale
       AND (v.points, v.category_path, v.supplier_id) IS DISTINCT FROM (b.points, b.category_path, b.supplier_id)),
gone AS (
    DELETE FROM price_base b
     WHERE b.program_id = :program_id
       AND NOT EXISTS (SELECT FROM reward_prices v WHERE v.reward_id = b.reward_id AND v.on_sale)
    RETURNING b.reward_id),
priced AS (DELETE FROM rule_price p USING gone WHERE p.reward_id = gone.reward_id),
kept AS (
    INSERT INTO price_base (reward_id, program_id, points, category_path, supplier_id, version)
    SELECT reward_id, :program_id, points, category_path, supplier_id, :version FROM fresh
    ON CONFLICT (reward_id) DO UPDATE SET program_id = excluded.program_id, points = excluded.points,
        category_path = excluded.category_path, supplier_id = excluded.supplier_id, version = excluded.version),
risen AS (
    INSERT INTO price_rise (reward_id, from_points, to_points)
    SELECT reward_id, before, points FROM fresh WHERE points > before
    RETURNING id)
SELECT (SELECT count(*) FROM fresh) + (SELECT count(*) FROM gone) AS rewards, (SELECT count(*) FROM risen) AS risen
