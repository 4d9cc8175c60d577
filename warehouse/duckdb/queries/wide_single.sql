-- The wide rows of opportunities with one move, from these: they need no sums.
SELECT
  opportunity_id, connection_id, vendor_org_id, partner_org_id, process_id,
  effective_at, region, tier,
  stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier,
  effective_at, recorded_at, seq,
  CASE WHEN stage_type IN ('active', 'won') THEN stage_position END,
  CASE WHEN stage_type IN ('active', 'won') THEN stage_position END,
  CASE WHEN stage_type <> 'active' THEN effective_at END,
  CASE WHEN stage_type <> 'active' THEN vendor_net_amount END,
  CASE WHEN stage_type <> 'active' THEN currency END,
  CASE WHEN stage_type <> 'active' THEN region END,
  CASE WHEN stage_type <> 'active' THEN tier END,
  CASE WHEN stage_type <> 'active' THEN stage_id END
FROM {single}
