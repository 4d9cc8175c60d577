package postgres

import (
	"context"
	"time"
)

// AsProgram runs a statement as the login itself in the middle of a tenant's transaction, for a purpose that it signs,
// and goes on as the tenant: for what must be undone together with the rest.
func (tx *Tx) AsProgram(ctx context.Context, purpose, sql string, args ...any) error {
	claim, sig := tx.db.signer.purpose(purpose, time.Now().Add(purposeLife))
	const shed = `select set_config('role', 'none', true), set_config('app.ctx', $1, true), set_config('app.sig', $2, true)`
	if _, err := tx.Exec(ctx, shed, claim, sig); err != nil {
		return Translate(err)
	}
	if _, err := tx.Exec(ctx, sql, args...); err != nil {
		return Translate(err)
	}
	return tx.Enter(ctx, tx.Actor)
}
