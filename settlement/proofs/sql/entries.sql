-- The entries beneath one entity's statement, each as one line of canonical JSON (names in order, no spaces, decimals as
-- texts without trailing zeros), in the order in which they happened. Grain: one row = one charge of one movement.
-- `source` is points.sql or, where an entity has more than points, both it and money.sql: without a union PostgreSQL
-- knows the order already. The same charges as `statements.entries` makes in Python; a test holds both to each other.
SELECT concat(begins, trim_scale(factor * points), '","booked_on":"', booked_on, middle, movement_id,
              '","occurred_at":', to_json(occurred_at), ',"points":', turn * points, ends, to_json(reference),
              CASE WHEN reverses IS NULL THEN ',"reverses":null}' ELSE ',"reverses":"' || reverses || '"}' END)
  FROM ({source}) e
 ORDER BY occurred_at, movement_id, place
