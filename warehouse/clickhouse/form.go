package clickhouse

import (
	"context"
	"errors"
	"fmt"
)

// ErrSchema says that the database is not in the form that this program keeps.
var ErrSchema = errors.New("the warehouse database is of another form")

// checkForm refuses a database of another form, or of something else. An empty one is made ours.
func (s *Store) checkForm(ctx context.Context, have map[string]map[string]bool) error {
	if len(have) == 0 {
		return s.exec(ctx, "mark the form of the warehouse", "CREATE TABLE IF NOT EXISTS form (version UInt32) ENGINE = MergeTree ORDER BY version")
	}
	if have["form"] == nil {
		return fmt.Errorf("%w: there are tables of something else in it; nothing in it was changed. Name another database in WAREHOUSE_URL: one that is not there is made", ErrSchema)
	}
	version, err := one[uint32](ctx, s, "SELECT max(version) FROM form")
	if err != nil {
		return fmt.Errorf("read the form of the warehouse: %w", err)
	}
	if version != 0 && version != schemaVersion {
		return fmt.Errorf("%w: it is of version %d, and this program keeps version %d; nothing in it was changed. Name another database in WAREHOUSE_URL: "+
			"all rows are then copied from Postgres into it. Only the old one has the log of what was loaded when, by which receipts of earlier figures are answered again: keep it as long as you want those",
			ErrSchema, version, schemaVersion)
	}
	return nil
}
