SELECT coalesce(CAST(k AS VARCHAR), '') AS key, currency, n, amount
FROM (SELECT {dimension} AS k, currency, count(*) AS n, sum(amount) AS amount FROM open WHERE {filter} GROUP BY ALL)
ORDER BY key, currency
