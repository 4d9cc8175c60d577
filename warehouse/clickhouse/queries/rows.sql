SELECT opportunity_id, toInt64(sign) AS sign, at, amount, currency
FROM {rows}
WHERE {cell} AND {filter}
ORDER BY at DESC, UUIDToNum(opportunity_id), seq DESC, sign
LIMIT {limit:Int64} OFFSET {offset:Int64}
