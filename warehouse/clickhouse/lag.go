package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/sharepartner/sharepartner/warehouse"
)

// All samples of a day stay, and are thinned when they are read: of each span that is not fine any more the worst one is
// shown, the later of two that are as bad.
const lagsSQL = `
WITH (SELECT max(at) FROM lag_sample) AS last, last - positiveModulo(last, {span:Int64}) AS this
SELECT tupleElement(worst, 1) AS shown, tupleElement(worst, 2), tupleElement(worst, 3), tupleElement(worst, 4) FROM (
  SELECT argMax(tuple(at, lag_seconds, lag_bytes, retained_bytes), tuple(lag_seconds, at)) AS worst FROM lag_sample
  WHERE at >= this - {kept:Int64}
  GROUP BY if(at >= this - {fine:Int64}, at, at - positiveModulo(at, {span:Int64})))
ORDER BY shown`

// SaveLag adds a sample. What is older than two days goes once in a while.
func (s *Store) SaveLag(ctx context.Context, l warehouse.LagSample) error {
	at := l.At.UTC()
	err := s.reachable(ctx, func(ctx context.Context, sh *shard) error {
		err := sh.db.Exec(ctx, "INSERT INTO lag_sample VALUES ({at:Int64}, {seconds:Float64}, {lag:Int64}, {retained:Int64})",
			named("at", at.UnixMicro()), named("seconds", l.Seconds), named("lag", l.LagBytes), named("retained", l.RetainedBytes))
		if err == nil && at.Hour() == 0 && at.Minute() == 0 {
			err = sh.db.Exec(ctx, "DELETE FROM lag_sample WHERE at < {kept:Int64}", named("kept", at.Add(-2*warehouse.LagKept).UnixMicro()))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("save a sample of the lag: %w", err)
	}
	return nil
}

// Lags is the history of the lag, the oldest first.
func (s *Store) Lags(ctx context.Context) ([]warehouse.LagSample, error) {
	microseconds := func(d time.Duration) int64 { return d.Microseconds() }
	all, err := common(ctx, s, lagsSQL, []any{
		named("span", microseconds(warehouse.LagSpan)), named("fine", microseconds(warehouse.LagFine)), named("kept", microseconds(warehouse.LagKept)),
	}, func(rows driver.Rows) (l warehouse.LagSample, err error) {
		var at int64
		err = rows.Scan(&at, &l.Seconds, &l.LagBytes, &l.RetainedBytes)
		l.At = instant(at)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the history of the lag: %w", err)
	}
	return all, nil
}
