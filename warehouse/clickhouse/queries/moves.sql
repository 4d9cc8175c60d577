-- The moves of opportunities: every row of the history with the state before it, in the order of business time. A row that
-- leaves a won or lost stage has what that was entered with. A text that is null is carried on as a byte that no text has,
-- as the engine's own functions pass over nulls. marks says what a row is: 1 the first of its opportunity, 2 the last, 4 the
-- last in a place of the process, 8 the one that entered the closed stage where it is now.
SELECT
  opportunity_id, seq, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, process_id,
  stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier,
  prev_stage_id, prev_stage_type, prev_stage_position, prev_amount,
  if(leaves, entered_amount, NULL) AS back_amount, if(leaves, entered_currency, NULL) AS back_currency,
  if(leaves, nullIf(entered_region, '\0'), NULL) AS back_region, if(leaves, nullIf(entered_tier, '\0'), NULL) AS back_tier,
  if(leaves, entered_stage_id, NULL) AS back_stage_id,
  toUInt8((ord = 1) + 2 * (ord = moves) + 4 * (ord = last_place) + 8 * (ord = last_entered AND last_active < moves)) AS marks
FROM (
  SELECT *,
    prev_stage_type <> 'active' AND stage_type <> prev_stage_type AS leaves,
    anyLastIf(vendor_net_amount, enters) OVER before AS entered_amount,
    anyLastIf(currency, enters) OVER before AS entered_currency,
    anyLastIf(ifNull(region, '\0'), enters) OVER before AS entered_region,
    anyLastIf(ifNull(tier, '\0'), enters) OVER before AS entered_tier,
    anyLastIf(stage_id, enters) OVER before AS entered_stage_id,
    count() OVER whole AS moves,
    maxIf(ord, stage_type IN ('active', 'won')) OVER whole AS last_place,
    maxIf(ord, enters) OVER whole AS last_entered,
    maxIf(ord, stage_type = 'active') OVER whole AS last_active
  FROM (
    SELECT *,
      row_number() OVER business_time AS ord,
      lag(stage_id) OVER business_time AS prev_stage_id,
      lag(stage_type) OVER business_time AS prev_stage_type,
      lag(stage_position) OVER business_time AS prev_stage_position,
      lag(vendor_net_amount) OVER business_time AS prev_amount,
      stage_type <> 'active' AND prev_stage_type IS DISTINCT FROM stage_type AS enters
    FROM ({input})
    WINDOW business_time AS (PARTITION BY opportunity_id ORDER BY effective_at, recorded_at, seq)
  )
  WINDOW before AS (PARTITION BY opportunity_id ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    whole AS (PARTITION BY opportunity_id)
)
