-- Rows are counted as they come, and the two events that one may be are told apart afterwards: there are few groups, and
-- nothing of ten million opportunities is kept.
within AS (
{within}
),
turns AS MATERIALIZED (
  SELECT is_first, turn, currency, count(*) AS n, sum(amount) AS amount
  FROM within
  WHERE {filter}
  GROUP BY ALL
),
counted AS (
  SELECT event, currency, sum(n)::BIGINT AS n, sum(amount) AS amount
  FROM (
    SELECT 'new' AS event, currency, n, amount FROM turns WHERE is_first
    UNION ALL
    SELECT turn, currency, n, amount FROM turns
  )
  WHERE {known}
  GROUP BY ALL
)
SELECT e.event, c.currency, coalesce(n.n, 0) AS n, coalesce(n.amount, 0)::DECIMAL(38,2) AS amount
FROM (VALUES (1, 'new'), (2, 'moved_forward'), (3, 'moved_back'), (4, 'won'), (5, 'lost'), (6, 'disqualified'), (7, 'reopened')) e(place, event)
CROSS JOIN (SELECT DISTINCT currency FROM counted) c
LEFT JOIN counted n ON n.event = e.event AND n.currency = c.currency
WHERE e.{known}
ORDER BY c.currency, e.place
