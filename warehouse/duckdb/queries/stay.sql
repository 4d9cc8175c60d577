SELECT t.opportunity_id, w.vendor_org_id, w.partner_org_id, w.process_id, w.currency, w.created_at, w.created_region, w.created_tier,
  w.last_effective_at, t.position, t.entered_at, t.left_at, w.stage_type = 'active' AND w.stage_position = t.position AS open
FROM stay t
JOIN {wide} w ON w.opportunity_id = t.opportunity_id
