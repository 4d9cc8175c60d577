package duckdb

import (
	"context"
	"fmt"
)

// deriveWhole derives everything from the history. Bringing it forward with each piece of a first copy takes several
// times as long, as the pieces hold parts of the same opportunities.
func (l *load) deriveWhole(ctx context.Context) error {
	if err := l.exec(ctx, "forget what was derived", "DELETE FROM opportunity_move; DELETE FROM opportunity_wide; DELETE FROM opportunity_stay"); err != nil {
		return err
	}
	var undone bool
	if err := l.tx.QueryRowContext(ctx, "SELECT EXISTS (FROM opportunity_history_undone)").Scan(&undone); err != nil {
		return fmt.Errorf("ask whether history was taken back: %w", err)
	}
	rows, err := l.findSeveral(ctx, undone)
	if err != nil {
		return err
	}
	if err := l.deriveSingle(ctx, undone); err != nil || rows == 0 {
		return err
	}
	parts := rows/l.store.pieces.whole + 1
	for part := range parts {
		where := fmt.Sprintf("opportunity_id IN (FROM several) AND hash(opportunity_id) %% %d = %d", parts, part)
		if err := l.deriveMoves(ctx, "SELECT "+historyColumns+" FROM ("+historySQL(history{where: where, undone: undone})+")", false); err != nil {
			return err
		}
	}
	return l.exec(ctx, "clear the derivation", "DELETE FROM several")
}

// findSeveral finds the opportunities with several rows of history, and counts these rows. The versions of an opportunity
// differ, so that one row of it has the first at most; a single row with another version is found as well.
func (l *load) findSeveral(ctx context.Context, undone bool) (rows int, err error) {
	query := "INSERT INTO several SELECT DISTINCT opportunity_id FROM (" + historySQL(history{where: "version <> 1", undone: undone}) + ")"
	if err := l.exec(ctx, "find opportunities with several changes", query); err != nil {
		return 0, err
	}
	err = l.tx.QueryRowContext(ctx, "SELECT count(*) FROM opportunity_history_log WHERE opportunity_id IN (FROM several)").Scan(&rows)
	if err != nil {
		return 0, fmt.Errorf("count the history: %w", err)
	}
	return rows, nil
}

// deriveSingle derives the opportunities that nothing happened to after the first row of their history. There is nothing
// to order and nothing to sum up, so that each row becomes one of each kind as it stands.
func (l *load) deriveSingle(ctx context.Context, undone bool) error {
	const same = `opportunity_id, seq, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, process_id,
		stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier`
	single := "(" + historySQL(history{where: "version = 1", undone: undone}) + ") h ANTI JOIN several USING (opportunity_id)"
	stays := `SELECT opportunity_id, vendor_org_id, partner_org_id, process_id, currency, effective_at, region, tier, effective_at, stage_position, effective_at, NULL, true
		FROM ` + single + " WHERE stage_type = 'active'"
	for _, step := range []struct{ what, query string }{
		{"add the single moves", "INSERT INTO opportunity_move (" + same + ") SELECT " + same + " FROM " + single},
		{"add the wide rows of single moves", "INSERT INTO opportunity_wide " + singleWide(single)},
		{"add the stays of single moves", "INSERT INTO opportunity_stay " + stays},
	} {
		if err := l.exec(ctx, step.what, step.query); err != nil {
			return err
		}
	}
	return nil
}
