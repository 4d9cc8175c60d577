-- Postings of won or lost opportunities: one for entering a stage of the type, one with sign -1 for leaving it
-- again, with the amount and dimensions that it had been entered with.
posting AS (
  SELECT opportunity_id, seq, stage_type AS type, toInt8(1) AS sign, effective_at AS at, {amount} AS amount, {currency} AS currency, vendor_org_id, partner_org_id, region, tier, stage_id, process_id
  FROM move
  WHERE stage_type IN ({type:String}, {other_type:String}) AND prev_stage_type IS DISTINCT FROM stage_type
    AND effective_at >= {from:Int64} AND effective_at < {to:Int64} AND effective_at <= {as_of:Int64}
  UNION ALL
  SELECT opportunity_id, seq, prev_stage_type, toInt8(-1), effective_at, {back_amount}, {back_currency}, vendor_org_id, partner_org_id, back_region, back_tier, back_stage_id, process_id
  FROM move
  WHERE prev_stage_type IN ({type:String}, {other_type:String}) AND stage_type <> prev_stage_type
    AND effective_at >= {from:Int64} AND effective_at < {to:Int64} AND effective_at <= {as_of:Int64}
)
