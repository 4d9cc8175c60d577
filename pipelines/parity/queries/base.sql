-- The history in the order of business time, with the state before each row.
with h as materialized (
  select opportunity_id, coalesce(vendor_org_id::text, '') as vendor, effective_at as at, process_id, stage_type, stage_position, vendor_net_amount as amount, currency,
    row_number() over business_time as ord,
    lag(stage_id) over business_time is null as first,
    lead(stage_id) over business_time is null as last,
    lag(stage_type) over business_time as before_type,
    lag(stage_position) over business_time as before_position
  from crm.opportunity_history
  where effective_at <= $1
  window business_time as (partition by opportunity_id order by effective_at, recorded_at, seq)
),
period as (select * from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) as p(name, begins, ends))
