-- What happened inside the period. A row that creates an opportunity in a closed stage is two events; the rows are looked
-- for once, because looking whether the caller may see them is most of the work.
happened AS (
  SELECT opportunity_id, seq, toInt8(1) AS sign, at, amount, currency, vendor_org_id, partner_org_id, region, tier, stage_id, process_id,
    arrayJoin(if(is_first, ['new', turn], [turn])) AS event
  FROM (
    SELECT opportunity_id, seq, effective_at AS at, {amount} AS amount, {currency} AS currency, vendor_org_id, partner_org_id, region, tier, stage_id, process_id,
      prev_stage_id IS NULL AS is_first,
      CASE
        WHEN stage_type <> 'active' AND prev_stage_type IS DISTINCT FROM stage_type THEN toString(assumeNotNull(stage_type))
        WHEN stage_type = 'active' AND prev_stage_type <> 'active' THEN 'reopened'
        WHEN stage_type = 'active' AND stage_position > prev_stage_position THEN 'moved_forward'
        WHEN stage_type = 'active' AND stage_position < prev_stage_position THEN 'moved_back'
        ELSE ''
      END AS turn
    FROM move
    WHERE effective_at >= {from:Int64} AND effective_at < {to:Int64} AND effective_at <= {as_of:Int64}
  )
)
