-- What entered a won or lost stage counts one, what left it again minus one, with what it had been entered with.
, turned as (
  select *, stage_type <> 'active' and before_type is distinct from stage_type as closes,
    count(*) filter (where stage_type <> 'active' and before_type is distinct from stage_type) over (partition by opportunity_id order by ord) as closing
  from h
),
posting as (
  select vendor, at, stage_type as type, 1 as sign, amount, currency from turned where closes
  union all
  select t.vendor, t.at, t.before_type, -1, c.amount, c.currency
  from turned t
  join turned c on c.opportunity_id = t.opportunity_id and c.closes and c.closing = t.closing - case when t.closes then 1 else 0 end
  where t.before_type <> 'active' and t.stage_type <> t.before_type
),
summed as (
  select type, vendor, name, currency, sum(sign) as n, sum(sign * amount) as amount
  from posting join period on at >= begins and at < ends
  where type in ('won', 'lost')
  group by type, vendor, name, currency
)
select type as metric, vendor, name, currency as key, 'count' as value, n::text from summed
union all
select type, vendor, name, currency, 'amount', amount::text from summed
union all
select 'win_rate', vendor, name, '', type, sum(n)::text from summed group by type, vendor, name
