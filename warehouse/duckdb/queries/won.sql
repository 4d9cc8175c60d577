SELECT coalesce(CAST(k AS VARCHAR), '') AS key, currency, n, amount
FROM (SELECT {dimension} AS k, currency, sum(sign)::BIGINT AS n, sum(sign * amount) AS amount FROM posting WHERE {filter} GROUP BY ALL)
ORDER BY key, currency
