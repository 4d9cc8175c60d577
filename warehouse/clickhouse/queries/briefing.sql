counted AS (
  SELECT event, currency, toInt64(count()) AS n, sum(amount) AS amount
  FROM happened
  WHERE {known} AND {filter}
  GROUP BY event, currency
)
SELECT e.event AS event, c.currency AS currency, coalesce(n.n, 0) AS n, coalesce(n.amount, CAST(0, 'Decimal(38, 2)')) AS amount
FROM (SELECT arrayJoin([(1, 'new'), (2, 'moved_forward'), (3, 'moved_back'), (4, 'won'), (5, 'lost'), (6, 'disqualified'), (7, 'reopened')]) AS pair, pair.1 AS place, pair.2 AS event) AS e
CROSS JOIN (SELECT DISTINCT currency FROM counted) AS c
LEFT JOIN counted AS n ON n.event = e.event AND n.currency = c.currency
WHERE e.{known}
ORDER BY c.currency, e.place
