package clickhouse

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// ErrSchema says that the database is not in the form that this program keeps.
var ErrSchema = errors.New("the warehouse database is of another form")

// checkForm refuses a database of another form, or of something else. An empty one is made ours.
func (s *Store) checkForm(ctx context.Context, db driver.Conn, have map[string]map[string]bool) error {
	if len(have) == 0 {
		return run(ctx, db, "mark the form of the warehouse", s.engine.table("CREATE TABLE IF NOT EXISTS form (version UInt32, shards UInt32) ENGINE = MergeTree ORDER BY version"))
	}
	if have["form"] == nil {
		return fmt.Errorf("%w: there are tables of something else in it; nothing in it was changed. Name another database in WAREHOUSE_URL: one that is not there is made", ErrSchema)
	}
	var version, shards uint32
	err := db.QueryRow(ctx, "SELECT max(version) FROM form").Scan(&version)
	if err == nil && version == schemaVersion {
		err = db.QueryRow(ctx, "SELECT max(shards) FROM form").Scan(&shards)
	}
	if err != nil {
		return fmt.Errorf("read the form of the warehouse: %w", told(ctx, err))
	}
	const anew = "Name another database in WAREHOUSE_URL: all rows are then copied from Postgres into it. Only the old one has the log of what was loaded when, by which receipts of earlier figures are answered again: keep it as long as you want those"
	if version != 0 && version != schemaVersion {
		return fmt.Errorf("%w: it is of version %d, and this program keeps version %d; nothing in it was changed. %s", ErrSchema, version, schemaVersion, anew)
	}
	if shards != 0 && int(shards) != len(s.shards) {
		return fmt.Errorf("%w: its rows are spread over %d servers, and there are %d now; nothing in it was changed. %s", ErrSchema, shards, len(s.shards), anew)
	}
	return nil
}
