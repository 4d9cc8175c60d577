-- What wide.sql reads: sums over the moves of each opportunity, those of one move left out.
summary AS (
  SELECT opportunity_id,
    arg_min({'at': effective_at, 'region': region, 'tier': tier}, ord) AS first,
    arg_max(stage_position, ord) FILTER (stage_type IN ('active', 'won')) AS position,
    max(stage_position) FILTER (stage_type IN ('active', 'won')) AS furthest,
    arg_max({'at': effective_at, 'amount': vendor_net_amount, 'currency': currency, 'region': region, 'tier': tier, 'stage_id': stage_id}, ord)
      FILTER (stage_type <> 'active' AND prev_stage_type IS DISTINCT FROM stage_type) AS closed
  FROM {moves}
  WHERE NOT (is_last AND ord = 1)
  GROUP BY opportunity_id
)
