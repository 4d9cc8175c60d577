-- Each event by itself. The rows are looked for once, because looking whether the caller may see them is most of the work.
within AS MATERIALIZED (
{within}
),
happened AS (
  SELECT opportunity_id, seq, 1 AS sign, at, amount, currency, vendor_org_id, partner_org_id, region, tier, stage_id, process_id, 'new' AS event
  FROM within
  WHERE is_first
  UNION ALL
  SELECT opportunity_id, seq, 1, at, amount, currency, vendor_org_id, partner_org_id, region, tier, stage_id, process_id, turn
  FROM within
)
