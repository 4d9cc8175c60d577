-- The moves of opportunities: every row of the history with the state before it, in the order of business time.
-- The input has the rows of the history, and for an opportunity that is brought forward its wide row as the first one (seed).
SELECT
  o.opportunity_id, o.seq, o.connection_id, o.vendor_org_id, o.partner_org_id, o.effective_at, o.recorded_at, o.process_id,
  o.stage_id, o.stage_type, o.stage_position, o.vendor_net_amount, o.currency, o.region, o.tier,
  o.prev_stage_id, o.prev_stage_type, o.prev_stage_position, o.prev_amount,
  b.amount AS back_amount, b.currency AS back_currency, b.region AS back_region, b.tier AS back_tier, b.stage_id AS back_stage_id,
  o.ord, o.is_last
FROM ordered o
LEFT JOIN back b ON b.opportunity_id = o.opportunity_id AND b.ord = o.ord
WHERE NOT o.seed
