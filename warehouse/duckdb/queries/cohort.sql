-- The opportunities created in the cohort period, as they were at the instant. Dimensions are those at creation, so
-- that nobody leaves a cohort later. place is beyond all stages for those that are won.
cohort AS (
  SELECT opportunity_id, last_seq AS seq, created_at AS at, {amount} AS amount, {currency} AS currency, vendor_org_id, partner_org_id, created_region AS region, created_tier AS tier, process_id,
    stage_type, stage_position, furthest, CASE WHEN stage_type = 'won' THEN 1000000 ELSE position END AS place
  FROM state
  WHERE created_at >= $from AND created_at < $to AND furthest IS NOT NULL
)
