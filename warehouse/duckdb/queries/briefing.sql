counted AS (
  SELECT event, currency, count(*) AS n, sum(amount) AS amount
  FROM happened
  WHERE {known} AND {filter}
  GROUP BY ALL
)
SELECT e.event, c.currency, coalesce(n.n, 0) AS n, coalesce(n.amount, 0)::DECIMAL(38,2) AS amount
FROM (VALUES (1, 'new'), (2, 'moved_forward'), (3, 'moved_back'), (4, 'won'), (5, 'lost'), (6, 'disqualified'), (7, 'reopened')) e(place, event)
CROSS JOIN (SELECT DISTINCT currency FROM counted) c
LEFT JOIN counted n ON n.event = e.event AND n.currency = c.currency
WHERE e.{known}
ORDER BY c.currency, e.place
