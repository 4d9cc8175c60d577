-- The opportunities that were open at the instant, as they were then.
open AS (
  SELECT opportunity_id, last_seq AS seq, toInt8(1) AS sign, last_effective_at AS at, {amount} AS amount, {currency} AS currency, vendor_org_id, partner_org_id, region, tier, stage_id, process_id
  FROM state
  WHERE stage_type = 'active'
)
