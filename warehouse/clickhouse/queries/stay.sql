-- First entry into and last exit from each active position, from the moves. Opportunities of one move need no sums.
SELECT t.opportunity_id AS opportunity_id, w.vendor_org_id AS vendor_org_id, w.partner_org_id AS partner_org_id, w.process_id AS process_id, w.currency AS currency,
  w.created_at AS created_at, w.created_region AS created_region, w.created_tier AS created_tier, w.last_effective_at AS last_effective_at,
  assumeNotNull(t.position) AS position, t.entered AS entered_at, t.left AS left_at, ifNull(w.stage_type = 'active' AND w.stage_position = t.position, false) AS open
FROM (
  SELECT opportunity_id, position, min(entered_at) AS entered, max(left_at) AS left
  FROM (
    SELECT opportunity_id, stage_position AS position, CAST(effective_at, 'Nullable(Int64)') AS entered_at, CAST(NULL, 'Nullable(Int64)') AS left_at
    FROM {moves}
    WHERE bitAnd(marks, 3) <> 3 AND stage_type = 'active' AND (prev_stage_type IS DISTINCT FROM 'active' OR prev_stage_position <> stage_position)
    UNION ALL
    SELECT opportunity_id, prev_stage_position, NULL, effective_at
    FROM {moves}
    WHERE bitAnd(marks, 3) <> 3 AND prev_stage_type = 'active' AND (stage_type <> 'active' OR stage_position <> prev_stage_position)
  )
  GROUP BY opportunity_id, position
) AS t
JOIN {wide} AS w ON w.opportunity_id = t.opportunity_id
UNION ALL
SELECT opportunity_id, vendor_org_id, partner_org_id, process_id, currency, effective_at, region, tier, effective_at, assumeNotNull(stage_position), toNullable(effective_at), NULL, true
FROM {moves}
WHERE bitAnd(marks, 3) = 3 AND stage_type = 'active'
