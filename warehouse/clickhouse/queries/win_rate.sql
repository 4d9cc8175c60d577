SELECT coalesce(toString(k), '') AS key, won, lost
FROM (
  SELECT {dimension} AS k, toInt64(sumIf(sign, type = 'won')) AS won, toInt64(sumIf(sign, type = 'lost')) AS lost
  FROM posting
  WHERE {filter}
  GROUP BY k
)
ORDER BY {order}
