-- What happened in each period. One that is created closed is two events.
, event as (
  select vendor, at, amount, currency, 'new' as event from h where first
  union all
  select vendor, at, amount, currency, stage_type from h where stage_type <> 'active' and before_type is distinct from stage_type
  union all
  select vendor, at, amount, currency, 'reopened' from h where stage_type = 'active' and before_type <> 'active'
  union all
  select vendor, at, amount, currency, case when stage_position > before_position then 'moved_forward' else 'moved_back' end
  from h where stage_type = 'active' and before_type = 'active' and stage_position <> before_position
),
summed as (
  select vendor, name, event || ' ' || currency as key, count(*) as n, sum(amount) as amount
  from event join period on at >= begins and at < ends
  where vendor = any ($5)
  group by vendor, name, event, currency
)
select 'briefing' as metric, vendor, name, key, 'count' as value, n::text from summed
union all
select 'briefing', vendor, name, key, 'amount', amount::text from summed
