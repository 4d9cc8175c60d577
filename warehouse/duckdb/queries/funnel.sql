grouped AS (
  SELECT process_id, currency, furthest, place, stage_type, count(*) AS n, sum(amount) AS amount
  FROM cohort
  WHERE {filter}
  GROUP BY ALL
),
counted AS (
  SELECT s.process_id, s.id, s.name, s.position, g.currency,
    coalesce(sum(n) FILTER (furthest >= s.position), 0)::BIGINT AS reached,
    coalesce(sum(n) FILTER (furthest >= s.position AND place > s.position), 0)::BIGINT AS went_on,
    coalesce(sum(n) FILTER (place = s.position AND stage_type = 'lost'), 0)::BIGINT AS lost,
    coalesce(sum(n) FILTER (place = s.position AND stage_type = 'disqualified'), 0)::BIGINT AS disqualified,
    coalesce(sum(n) FILTER (furthest >= s.position AND place < s.position), 0)::BIGINT AS moved_back,
    coalesce(sum(n) FILTER (place = s.position AND stage_type = 'active'), 0)::BIGINT AS still_here,
    coalesce(sum(n) FILTER (furthest >= s.position AND stage_type = 'won'), 0)::BIGINT AS won,
    coalesce(sum(g.amount) FILTER (furthest >= s.position), 0) AS amount,
    coalesce(sum(g.amount) FILTER (furthest >= s.position AND stage_type = 'won'), 0) AS amount_won
  FROM grouped g
  JOIN {stage} s ON s.process_id = g.process_id AND s.type = 'active'
  GROUP BY ALL
),
stayed AS (
  SELECT process_id, currency, position, open, date_diff('microsecond', entered_at, CASE WHEN open THEN $as_of::TIMESTAMP ELSE left_at END) AS microseconds
  FROM (
    SELECT opportunity_id, partner_org_id, process_id, {currency} AS currency, created_region AS region, created_tier AS tier, position, open, entered_at, left_at
    FROM stay_row
    WHERE created_at >= $from AND created_at < $to
  )
  WHERE {filter}
),
days AS (
  SELECT process_id, currency, position, quantile_disc(microseconds, [0.5, 0.9]) AS quantiles, count(*) FILTER (open) AS open_stays
  FROM stayed
  GROUP BY ALL
)
SELECT c.process_id, c.id, c.name, c.position, c.currency, reached, went_on, lost, disqualified, moved_back, still_here, won, amount, amount_won,
  d.quantiles[1] AS median, d.quantiles[2] AS p90, coalesce(d.open_stays, 0) AS open_stays
FROM counted c
LEFT JOIN days d ON d.process_id = c.process_id AND d.currency = c.currency AND d.position = c.position
ORDER BY c.process_id, c.currency, c.position
