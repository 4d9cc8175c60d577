-- One row per opportunity from its moves, added to the row it had before (seed).
SELECT
  m.opportunity_id, m.connection_id, m.vendor_org_id, m.partner_org_id, m.process_id,
  coalesce(s.created_at, y.first.at) AS created_at,
  CASE WHEN s.opportunity_id IS NULL THEN y.first.region ELSE s.created_region END AS created_region,
  CASE WHEN s.opportunity_id IS NULL THEN y.first.tier ELSE s.created_tier END AS created_tier,
  m.stage_id, m.stage_type, m.stage_position, m.vendor_net_amount, m.currency, m.region, m.tier,
  m.effective_at AS last_effective_at, m.recorded_at AS last_recorded_at, m.seq AS last_seq,
  coalesce(y.position, s.position) AS position,
  greatest(y.furthest, s.furthest) AS furthest,
  CASE WHEN m.stage_type = 'active' THEN NULL WHEN y.closed IS NULL THEN s.closed_at ELSE y.closed.at END AS closed_at,
  CASE WHEN m.stage_type = 'active' THEN NULL WHEN y.closed IS NULL THEN s.closed_amount ELSE y.closed.amount END AS closed_amount,
  CASE WHEN m.stage_type = 'active' THEN NULL WHEN y.closed IS NULL THEN s.closed_currency ELSE y.closed.currency END AS closed_currency,
  CASE WHEN m.stage_type = 'active' THEN NULL WHEN y.closed IS NULL THEN s.closed_region ELSE y.closed.region END AS closed_region,
  CASE WHEN m.stage_type = 'active' THEN NULL WHEN y.closed IS NULL THEN s.closed_tier ELSE y.closed.tier END AS closed_tier,
  CASE WHEN m.stage_type = 'active' THEN NULL WHEN y.closed IS NULL THEN s.closed_stage_id ELSE y.closed.stage_id END AS closed_stage_id
FROM {moves} m
JOIN summary y ON y.opportunity_id = m.opportunity_id
LEFT JOIN {seed} s ON s.opportunity_id = m.opportunity_id
WHERE m.is_last
