-- Who pays for a lot: an interned, ordered set of legs, and how a stretch of a lot splits over them.

-- Grain: one call = the id of this set of legs, made on first use. Weights are reduced, so 60:40 and 3:2 are one set.
CREATE OR REPLACE FUNCTION ledger_funding(p_parties bigint[], p_weights bigint[]) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  v_divisor bigint := 0;
  v_weight bigint;
  v_spec text;
  v_id int;
BEGIN
  FOREACH v_weight IN ARRAY p_weights LOOP
    v_divisor := gcd(v_divisor, v_weight);
  END LOOP;
  SELECT string_agg(party || ':' || weight / v_divisor, ',' ORDER BY at) INTO v_spec
    FROM unnest(p_parties, p_weights) WITH ORDINALITY u(party, weight, at);
  INSERT INTO funding(spec) VALUES (v_spec) ON CONFLICT DO NOTHING RETURNING id INTO v_id;
  IF FOUND THEN
    INSERT INTO funding_leg(funding_id, no, party_id, weight, legs, total)
    SELECT v_id, at - 1, party, weight / v_divisor, count(*) OVER (), sum(weight / v_divisor) OVER ()
      FROM unnest(p_parties, p_weights) WITH ORDINALITY u(party, weight, at);
  ELSE
    SELECT f.id INTO v_id FROM funding f WHERE f.spec = v_spec;
  END IF;
  RETURN v_id;
END $$;

-- How many of a lot's first `p_position` points fall to a leg: p_position * weight / total, rounded half up (away from
-- zero for the negative legs that only a restored stretch of three or more funders can have).
CREATE OR REPLACE FUNCTION ledger_leg_at(p_position bigint, p_weight bigint, p_total bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
  SELECT (sign(p_weight) * div(2 * p_position::numeric * abs(p_weight) + p_total, 2 * p_total::numeric))::bigint
$$;

-- The stretch (p_before, p_after] of a lot, split over its funding legs; the last leg takes the rest.
-- Grain: one row = one leg; the rows sum to p_after - p_before, and over any stretches of a whole lot to its amount.
CREATE OR REPLACE FUNCTION ledger_split(p_funding int, p_before bigint, p_after bigint)
RETURNS TABLE(no smallint, party_id bigint, points bigint)
LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT f.no, f.party_id, CASE
           WHEN f.legs = 1 THEN p_after - p_before
           WHEN f.no < f.legs - 1 THEN ledger_leg_at(p_after, f.weight, f.total) - ledger_leg_at(p_before, f.weight, f.total)
           ELSE p_after - p_before - (
             SELECT sum(ledger_leg_at(p_after, o.weight, o.total) - ledger_leg_at(p_before, o.weight, o.total))::bigint
               FROM funding_leg o WHERE o.funding_id = p_funding AND o.no < o.legs - 1)
         END
    FROM funding_leg f WHERE f.funding_id = p_funding
$$;

-- The funding of a stretch of a lot on its own: exactly the integers that the stretch takes of each leg.
-- Grain: one call = the id of one set of legs.
CREATE OR REPLACE FUNCTION ledger_stretch(p_funding int, p_before bigint, p_amount bigint) RETURNS int
LANGUAGE sql AS $$
  SELECT ledger_funding(array_agg(x.party_id ORDER BY x.no), array_agg(x.points ORDER BY x.no))
    FROM ledger_split(p_funding, p_before, p_before + p_amount) x WHERE x.points <> 0
$$;
