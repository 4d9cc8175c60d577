-- What was open at the end of each period, as it was then.
, state as (
  select distinct on (name, opportunity_id) name, vendor, stage_type, amount, currency
  from h join period on at <= least(ends, $1)
  order by name, opportunity_id, ord desc
),
summed as (
  select vendor, name, currency, count(*) as n, sum(amount) as amount from state where stage_type = 'active' group by vendor, name, currency
)
select 'amount_open' as metric, vendor, name, currency as key, 'count' as value, n::text from summed
union all
select 'amount_open', vendor, name, currency, 'amount', amount::text from summed
