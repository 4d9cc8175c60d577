grouped AS (
  SELECT process_id, currency, furthest, place, stage_type, toInt64(count()) AS n, sum(amount) AS amount
  FROM cohort
  WHERE {filter}
  GROUP BY process_id, currency, furthest, place, stage_type
),
counted AS (
  SELECT s.process_id AS process_id, s.id AS id, s.name AS name, s.position AS position, g.currency AS currency,
    sumIf(n, furthest >= s.position) AS reached,
    sumIf(n, furthest >= s.position AND place > s.position) AS went_on,
    sumIf(n, place = s.position AND stage_type = 'lost') AS lost,
    sumIf(n, place = s.position AND stage_type = 'disqualified') AS disqualified,
    sumIf(n, furthest >= s.position AND place < s.position) AS moved_back,
    sumIf(n, place = s.position AND stage_type = 'active') AS still_here,
    sumIf(n, furthest >= s.position AND stage_type = 'won') AS won,
    sumIf(g.amount, furthest >= s.position) AS total,
    sumIf(g.amount, furthest >= s.position AND stage_type = 'won') AS total_won
  FROM grouped AS g
  JOIN {stage} AS s ON s.process_id = g.process_id
  WHERE s.type = 'active'
  GROUP BY process_id, id, name, position, currency
),
{stayed},
-- The exact quantile of an engine that rounds the place down: a little less than the share gives the discrete one.
days AS (
  SELECT process_id, currency, position, quantilesExact(0.499999999999, 0.899999999999)(microseconds) AS quantiles, countIf(open) AS open_stays
  FROM stayed
  GROUP BY process_id, currency, position
)
SELECT assumeNotNull(c.process_id) AS process_id, c.id AS id, c.name AS name, c.position AS position, c.currency AS currency,
  reached, went_on, lost, disqualified, moved_back, still_here, won, coalesce(total, 0) AS amount, coalesce(total_won, 0) AS amount_won,
  if(d.position IS NULL, NULL, toInt64(quantiles[1])) AS median, if(d.position IS NULL, NULL, toInt64(quantiles[2])) AS p90, toInt64(coalesce(d.open_stays, 0)) AS open_stays
FROM counted AS c
LEFT JOIN days AS d ON d.process_id = c.process_id AND d.currency = c.currency AND d.position = c.position
ORDER BY UUIDToNum(assumeNotNull(c.process_id)), c.currency, c.position
