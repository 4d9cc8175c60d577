-- First entry into and last exit from each active position, from the moves and the rows before (seed).
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
    SELECT opportunity_id, position, entered_at, left_at
    FROM {seed}
  )
  GROUP BY opportunity_id, position
)
