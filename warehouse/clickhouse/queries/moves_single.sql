-- The moves of opportunities with one row of history, from it: there is nothing to put in order.
SELECT
  opportunity_id, seq, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, process_id,
  stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  toUInt8(3 + 4 * ifNull(stage_type IN ('active', 'won'), 0) + 8 * ifNull(stage_type <> 'active', 0))
FROM {single}
