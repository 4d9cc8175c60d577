-- Every kind of event is told, also of those that did not happen: a map has 0 for what is not in it.
SELECT event, currency, counts[event].1 AS n, counts[event].2 AS amount
FROM (
  SELECT currency, mapFromArrays(groupArray(event), groupArray((n, amount))) AS counts
  FROM (
    SELECT event, currency, toInt64(count()) AS n, coalesce(sum(amount), CAST(0, 'Decimal(38, 2)')) AS amount
    FROM happened
    WHERE {known} AND {filter}
    GROUP BY event, currency
  )
  GROUP BY currency
)
ARRAY JOIN ['new', 'moved_forward', 'moved_back', 'won', 'lost', 'disqualified', 'reopened'] AS event, [1, 2, 3, 4, 5, 6, 7] AS place
WHERE {known}
ORDER BY currency, place
