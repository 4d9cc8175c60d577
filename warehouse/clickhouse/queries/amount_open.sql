SELECT coalesce(toString(k), '') AS key, currency, n, amount
FROM (SELECT {dimension} AS k, currency, toInt64(count()) AS n, sum(amount) AS amount FROM open WHERE {filter} GROUP BY k, currency)
ORDER BY {order}, currency
