-- The opportunities created in the cohort period, as they were at the instant. Dimensions are those at creation, so
-- that nobody leaves a cohort later. place is beyond all stages for those that are won.
cohort AS (
  SELECT opportunity_id, last_seq AS seq, created_at AS at, {amount} AS amount, {currency} AS currency, vendor_org_id, partner_org_id, created_region AS region, created_tier AS tier, process_id,
    stage_type, stage_position, furthest, if(stage_type = 'won', 1000000, position) AS place, toInt8(1) AS sign
  FROM state
  WHERE created_at >= {from:Int64} AND created_at < {to:Int64} AND furthest IS NOT NULL
)
