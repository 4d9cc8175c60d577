-- Postings of won or lost opportunities: one for entering a stage of the type, one with sign -1 for leaving it
-- again, with the amount and dimensions that it had been entered with. A row can be both; the rows are looked for once.
posting AS (
  SELECT opportunity_id, seq, type, sign, effective_at AS at, if(sign = 1, {amount}, {back_amount}) AS amount, if(sign = 1, {currency}, {back_currency}) AS currency,
    vendor_org_id, partner_org_id, if(sign = 1, m.region, back_region) AS region, if(sign = 1, m.tier, back_tier) AS tier, if(sign = 1, m.stage_id, back_stage_id) AS stage_id, process_id
  FROM (
    SELECT *, arrayJoin([toInt8(1), toInt8(-1)]) AS sign, if(sign = 1, stage_type, prev_stage_type) AS type
    FROM move
    WHERE prev_stage_type IS DISTINCT FROM stage_type AND effective_at >= {from:Int64} AND effective_at < {to:Int64} AND effective_at <= {as_of:Int64}
  ) AS m
  WHERE type IN ({type:String}, {other_type:String})
)
