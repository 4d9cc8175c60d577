SELECT coalesce(toString(k), '') AS key, currency, n, amount
FROM (SELECT {dimension} AS k, currency, toInt64(sum(sign)) AS n, sum(sign * amount) AS amount FROM posting WHERE {filter} GROUP BY k, currency)
ORDER BY {order}, currency
