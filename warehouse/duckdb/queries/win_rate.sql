SELECT coalesce(CAST(k AS VARCHAR), '') AS key, won, lost
FROM (
  SELECT {dimension} AS k, coalesce(sum(sign) FILTER (type = 'won'), 0)::BIGINT AS won, coalesce(sum(sign) FILTER (type = 'lost'), 0)::BIGINT AS lost
  FROM posting
  WHERE {filter}
  GROUP BY ALL
  HAVING count(*) > 0
)
ORDER BY key
