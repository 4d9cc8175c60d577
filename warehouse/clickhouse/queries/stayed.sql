-- How long the opportunities of the cohort stayed in each active stage.
stayed AS (
  SELECT process_id, currency, position, open, if(open, {as_of:Int64}, left_at) - entered_at AS microseconds
  FROM (
    SELECT opportunity_id, partner_org_id, process_id, {currency} AS currency, created_region AS region, created_tier AS tier, position, open, entered_at, left_at
    FROM stay_row
    WHERE created_at >= {from:Int64} AND created_at < {to:Int64}
  )
  WHERE {filter}
)
