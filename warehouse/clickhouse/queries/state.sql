-- Opportunities as they were, from the rows of their history up to then: what questions ask of wide.sql and stay.sql, in one
-- pass. turn counts back from the last row; entries and exits have the first and the last time by place.
SELECT h.opportunity_id AS opportunity_id,
  anyIf(h.vendor_org_id, h.turn = 1) AS vendor_org_id, anyIf(h.partner_org_id, h.turn = 1) AS partner_org_id, anyIf(h.process_id, h.turn = 1) AS process_id,
  min(h.effective_at) AS created_at, anyIf(h.region, h.prev_stage_type IS NULL) AS created_region, anyIf(h.tier, h.prev_stage_type IS NULL) AS created_tier,
  anyIf(h.stage_id, h.turn = 1) AS stage_id, anyIf(h.stage_type, h.turn = 1) AS stage_type, anyIf(h.stage_position, h.turn = 1) AS stage_position,
  anyIf(h.vendor_net_amount, h.turn = 1) AS vendor_net_amount, anyIf(h.currency, h.turn = 1) AS currency, anyIf(h.region, h.turn = 1) AS region, anyIf(h.tier, h.turn = 1) AS tier,
  max(h.effective_at) AS last_effective_at, anyIf(h.seq, h.turn = 1) AS last_seq,
  argMinIf(h.stage_position, h.turn, h.stage_type IN ('active', 'won')) AS position, maxIf(h.stage_position, h.stage_type IN ('active', 'won')) AS furthest,
  minMapIf(map(assumeNotNull(h.stage_position), h.effective_at), h.stage_type = 'active' AND (h.prev_stage_type IS DISTINCT FROM 'active' OR h.prev_stage_position <> h.stage_position)) AS entries,
  maxMapIf(map(assumeNotNull(h.prev_stage_position), h.effective_at), h.prev_stage_type = 'active' AND (h.stage_type <> 'active' OR h.stage_position <> h.prev_stage_position)) AS exits
FROM (
  SELECT *, row_number() OVER back AS turn, lead(stage_type) OVER back AS prev_stage_type, lead(stage_position) OVER back AS prev_stage_position
  FROM ({history})
  WINDOW back AS (PARTITION BY opportunity_id ORDER BY effective_at DESC, recorded_at DESC, seq DESC)
) AS h
GROUP BY h.opportunity_id
