-- Holds a draw in one statement: the entries as they are now, each member's best ticket, the best of all members.
-- Grain: one row of prize_draw, none where nobody takes part, too many tickets do, or it was held before. Nothing of it passes
-- through the application: a ticket's score is HMAC-SHA256 of `member|number` under the seed, spelled out as its two hashes
-- (`inner_pad`, `outer_pad`: the seed's two blocks), the very score that `winners_of` computes.
WITH entry AS MATERIALIZED (
    SELECT member_id, value FROM member_holding
     WHERE program_id = :program AND kind = 'ticket' AND name = :name AND value > 0
), whole AS (
    SELECT jsonb_agg(jsonb_build_array(member_id, value) ORDER BY member_id) AS entries, sum(value) AS tickets FROM entry
), best AS (
    SELECT e.member_id, t.no, t.score
      FROM whole w CROSS JOIN entry e CROSS JOIN LATERAL (
            SELECT no, sha256(CAST(:outer_pad AS bytea)
                              || sha256(CAST(:inner_pad AS bytea) || convert_to(e.member_id || '|' || no, 'UTF8'))) AS score
              FROM generate_series(1, e.value) no ORDER BY 2, 1 LIMIT 1) t
     WHERE w.tickets <= :most
), won AS (
    SELECT member_id, no, score FROM best ORDER BY score, member_id LIMIT :prizes
)
INSERT INTO prize_draw (program_id, name, actor, prizes, seed, entries, winners)
SELECT :program, :name, :actor, :prizes, :seed, w.entries,
       (SELECT jsonb_agg(jsonb_build_array(member_id, no, encode(score, 'hex')) ORDER BY score, member_id) FROM won)
  FROM whole w WHERE w.tickets BETWEEN 1 AND :most
ON CONFLICT DO NOTHING
