-- How far those came that were created in each period. position is that of the last stage that counts, furthest the
-- largest ever; a stay lasts from the first entry to the last exit, or until now.
, created as (
  select opportunity_id, min(at) as created_at, max(stage_position) filter (where stage_type in ('active', 'won')) as furthest,
    (array_agg(stage_position order by ord desc) filter (where stage_type in ('active', 'won')))[1] as position
  from h where vendor = any ($5) group by opportunity_id
),
deal as (
  select c.*, h.vendor, h.process_id, h.currency, h.stage_type, h.stage_position, h.amount, name
  from created c
  join h on h.opportunity_id = c.opportunity_id and h.last
  join period on c.created_at >= begins and c.created_at < ends
),
reached as (
  select d.vendor, d.name, d.process_id || ' ' || s.id || ' ' || d.currency as key, count(*) as reached,
    count(*) filter (where stage_type = 'won' or d.position > s.position) as went_on,
    count(*) filter (where stage_type = 'lost' and d.position = s.position) as lost,
    count(*) filter (where stage_type = 'disqualified' and d.position = s.position) as disqualified,
    count(*) filter (where stage_type <> 'won' and d.position < s.position) as moved_back,
    count(*) filter (where stage_type = 'active' and d.position = s.position) as still_here,
    count(*) filter (where stage_type = 'won') as won,
    sum(amount) as amount, sum(amount) filter (where stage_type = 'won') as amount_won
  from deal d
  join crm.stage s on s.process_id = d.process_id and s.type = 'active' and s.position <= d.furthest
  group by d.vendor, d.name, d.process_id, s.id, d.currency
),
passed as (
  select opportunity_id, stage_position as position, at as entered, null::timestamptz as gone from h
  where stage_type = 'active' and (before_type is distinct from 'active' or before_position <> stage_position)
  union all
  select opportunity_id, before_position, null, at from h
  where before_type = 'active' and (stage_type <> 'active' or stage_position <> before_position)
),
stay as (select opportunity_id, position, min(entered) as entered, max(gone) as gone from passed group by opportunity_id, position),
stayed as (
  select d.vendor, d.name, d.process_id || ' ' || s.id || ' ' || d.currency as key, d.stage_type = 'active' and d.stage_position = t.position as open,
    extract(epoch from case when d.stage_type = 'active' and d.stage_position = t.position then $1 else t.gone end - t.entered) * 1000000 as microseconds
  from deal d
  join stay t on t.opportunity_id = d.opportunity_id
  join crm.stage s on s.process_id = d.process_id and s.type = 'active' and s.position = t.position
),
days as (
  select vendor, name, key, count(*) filter (where open) as open_stays,
    percentile_disc(0.5) within group (order by microseconds) as median, percentile_disc(0.9) within group (order by microseconds) as p90
  from stayed group by vendor, name, key
)
select 'funnel' as metric, vendor, name, key, v.value, v.n::text
from reached, lateral (values ('reached', reached), ('went_on', went_on), ('lost', lost), ('disqualified', disqualified), ('moved_back', moved_back),
  ('still_here', still_here), ('won', won), ('amount', amount), ('amount_won', coalesce(amount_won, 0))) v(value, n)
union all
select 'funnel', vendor, name, key, v.value, v.n::text
from days, lateral (values ('open_stays', open_stays), ('median', median), ('p90', p90)) v(value, n)
