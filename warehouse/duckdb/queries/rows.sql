SELECT opportunity_id, sign, at, amount, currency
FROM {rows}
WHERE {cell} AND {filter}
ORDER BY at DESC, opportunity_id, seq DESC, sign
LIMIT $limit OFFSET $offset
