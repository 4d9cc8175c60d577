-- What moves.sql reads: the ordered history, and for rows that leave a won or lost stage what it was entered with.
ordered AS MATERIALIZED (
  SELECT *,
    row_number() OVER business_time AS ord,
    lead(seq) OVER business_time IS NULL AS is_last,
    lag(stage_id) OVER business_time AS prev_stage_id,
    lag(stage_type) OVER business_time AS prev_stage_type,
    lag(stage_position) OVER business_time AS prev_stage_position,
    lag(vendor_net_amount) OVER business_time AS prev_amount
  FROM ({input})
  WINDOW business_time AS (PARTITION BY opportunity_id ORDER BY effective_at, recorded_at, seq)
),
leaving AS (
  SELECT opportunity_id, ord FROM ordered WHERE prev_stage_type <> 'active' AND stage_type <> prev_stage_type
),
entering AS (
  SELECT opportunity_id, ord,
    CASE WHEN seed THEN closed_amount ELSE vendor_net_amount END AS amount,
    CASE WHEN seed THEN closed_currency ELSE currency END AS currency,
    CASE WHEN seed THEN closed_region ELSE region END AS region,
    CASE WHEN seed THEN closed_tier ELSE tier END AS tier,
    CASE WHEN seed THEN closed_stage_id ELSE stage_id END AS stage_id
  FROM ordered
  WHERE stage_type <> 'active' AND prev_stage_type IS DISTINCT FROM stage_type
),
back AS (
  SELECT l.opportunity_id, l.ord, e.amount, e.currency, e.region, e.tier, e.stage_id
  FROM leaving l
  JOIN entering e ON e.opportunity_id = l.opportunity_id AND e.ord < l.ord
  QUALIFY row_number() OVER (PARTITION BY l.opportunity_id, l.ord ORDER BY e.ord DESC) = 1
)
