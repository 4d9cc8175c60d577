-- What happened inside the period. A row that creates an opportunity in a closed stage is two events.
SELECT opportunity_id, seq, effective_at AS at, {amount} AS amount, {currency} AS currency, vendor_org_id, partner_org_id, region, tier, stage_id, process_id,
  prev_stage_id IS NULL AS is_first,
  CASE
    WHEN stage_type <> 'active' AND prev_stage_type IS DISTINCT FROM stage_type THEN stage_type
    WHEN stage_type = 'active' AND prev_stage_type <> 'active' THEN 'reopened'
    WHEN stage_type = 'active' AND stage_position > prev_stage_position THEN 'moved_forward'
    WHEN stage_type = 'active' AND stage_position < prev_stage_position THEN 'moved_back'
  END AS turn
FROM move
WHERE effective_at >= $from AND effective_at < $to AND effective_at <= $as_of
