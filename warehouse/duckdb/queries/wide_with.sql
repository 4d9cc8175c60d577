-- What wide.sql reads: sums over the moves of each opportunity, and its stays in active stages.
summary AS (
  SELECT opportunity_id,
    arg_min({'at': effective_at, 'region': region, 'tier': tier}, ord) AS first,
    arg_max(stage_position, ord) FILTER (stage_type IN ('active', 'won')) AS position,
    max(stage_position) FILTER (stage_type IN ('active', 'won')) AS furthest,
    arg_max({'at': effective_at, 'amount': vendor_net_amount, 'currency': currency, 'region': region, 'tier': tier, 'stage_id': stage_id}, ord)
      FILTER (stage_type <> 'active' AND prev_stage_type IS DISTINCT FROM stage_type) AS closed
  FROM {moves}
  GROUP BY opportunity_id
),
stay AS (
  SELECT opportunity_id, position, min(entered_at) AS entered_at, max(left_at) AS left_at
  FROM (
    SELECT opportunity_id, stage_position AS position, effective_at AS entered_at, NULL::TIMESTAMP AS left_at
    FROM {moves}
    WHERE stage_type = 'active' AND (prev_stage_type IS DISTINCT FROM 'active' OR prev_stage_position <> stage_position)
    UNION ALL
    SELECT opportunity_id, prev_stage_position, NULL, effective_at
    FROM {moves}
    WHERE prev_stage_type = 'active' AND (stage_type <> 'active' OR stage_position <> prev_stage_position)
    UNION ALL
    SELECT opportunity_id, before.position, before.entered_at, before.left_at
    FROM (SELECT opportunity_id, unnest(stays) AS before FROM {seed})
  )
  GROUP BY opportunity_id, position
),
stays AS (
  SELECT opportunity_id, list({'position': position, 'entered_at': entered_at, 'left_at': left_at} ORDER BY position) AS stays
  FROM stay
  GROUP BY opportunity_id
)
