-- One row per opportunity from all its moves, by their marks. Those of one move need no sums.
SELECT m.opportunity_id AS opportunity_id,
  anyIf(m.connection_id, bitTest(m.marks, 1)) AS connection_id, anyIf(m.vendor_org_id, bitTest(m.marks, 1)) AS vendor_org_id,
  anyIf(m.partner_org_id, bitTest(m.marks, 1)) AS partner_org_id, anyIf(m.process_id, bitTest(m.marks, 1)) AS process_id,
  anyIf(m.effective_at, bitTest(m.marks, 0)) AS created_at, anyIf(m.region, bitTest(m.marks, 0)) AS created_region, anyIf(m.tier, bitTest(m.marks, 0)) AS created_tier,
  anyIf(m.stage_id, bitTest(m.marks, 1)) AS stage_id, anyIf(m.stage_type, bitTest(m.marks, 1)) AS stage_type, anyIf(m.stage_position, bitTest(m.marks, 1)) AS stage_position,
  anyIf(m.vendor_net_amount, bitTest(m.marks, 1)) AS vendor_net_amount, anyIf(m.currency, bitTest(m.marks, 1)) AS currency, anyIf(m.region, bitTest(m.marks, 1)) AS region, anyIf(m.tier, bitTest(m.marks, 1)) AS tier,
  anyIf(m.effective_at, bitTest(m.marks, 1)) AS last_effective_at, anyIf(m.recorded_at, bitTest(m.marks, 1)) AS last_recorded_at, anyIf(m.seq, bitTest(m.marks, 1)) AS last_seq,
  anyIf(m.stage_position, bitTest(m.marks, 2)) AS position, maxIf(m.stage_position, m.stage_type IN ('active', 'won')) AS furthest,
  anyIf(toNullable(m.effective_at), bitTest(m.marks, 3)) AS closed_at, anyIf(m.vendor_net_amount, bitTest(m.marks, 3)) AS closed_amount, anyIf(m.currency, bitTest(m.marks, 3)) AS closed_currency,
  anyIf(m.region, bitTest(m.marks, 3)) AS closed_region, anyIf(m.tier, bitTest(m.marks, 3)) AS closed_tier, anyIf(m.stage_id, bitTest(m.marks, 3)) AS closed_stage_id
FROM {moves} AS m
WHERE bitAnd(m.marks, 3) <> 3
GROUP BY m.opportunity_id
UNION ALL
SELECT opportunity_id, connection_id, vendor_org_id, partner_org_id, process_id, effective_at, region, tier,
  stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier, effective_at, recorded_at, seq,
  if(bitTest(marks, 2), stage_position, NULL), if(bitTest(marks, 2), stage_position, NULL),
  if(bitTest(marks, 3), effective_at, NULL), if(bitTest(marks, 3), vendor_net_amount, NULL), if(bitTest(marks, 3), currency, NULL),
  if(bitTest(marks, 3), region, NULL), if(bitTest(marks, 3), tier, NULL), if(bitTest(marks, 3), stage_id, NULL)
FROM {moves}
WHERE bitAnd(marks, 3) = 3
