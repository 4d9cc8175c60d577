package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sharepartner/sharepartner/operational"
)

// Entering a tenant's role states who asks. The values are arguments, so that the text of a running statement, which
// other connections of the same login can see, carries no signature. An actor that is only believed is proven by the
// same statement, once its company is stated: if it is not as believed the statement fails, and with it all that follows.
// For whoever looks as another role the transaction is there to read, whatever the program tries in it.
const (
	enterSQL = `select ` + enter
	proveSQL = `, sec.prove($4, $5, $6)`
	readSQL  = `, set_config('transaction_read_only', 'on', true)`
	enter    = `set_config('role', $1, true), set_config('app.ctx', $2, true), set_config('app.sig', $3, true)`
)

// entrance is the statement that begins a tenant's transaction.
type entrance struct {
	sql    string
	args   []any
	belief *operational.Belief // that the statement proves; nil: there is nothing to prove
}

func (db *DB) entrance(actor operational.Actor) (entrance, error) {
	var role string
	switch actor.Side {
	case operational.SideVendor:
		role = "sharepartner_vendor"
	case operational.SidePartner:
		role = "sharepartner_partner"
	default:
		return entrance{}, operational.Fault(operational.KindUnauthenticated, "sign-in-required", "Sign in first.")
	}
	// The database compares it with its own clock, so that this is no matter of the program's business time.
	claim, sig := db.signer.Sign(actor, time.Now().Add(contextLife))
	e := entrance{sql: enterSQL, args: []any{role, claim, sig}}
	if actor.Looks() {
		e.sql += readSQL
	}
	if actor.Proven() {
		return e, nil
	}
	if actor.Rights == nil { // nothing could be compared
		return entrance{}, operational.Fault(operational.KindUnauthenticated, "sign-in-required", "Sign in first.")
	}
	e.belief, e.sql = actor.Belief, e.sql+proveSQL
	e.args = append(e.args, actor.Org, actor.Rights.Version, actor.Belief.Standing)
	return e, nil
}

// queue adds the statement to a batch.
func (e entrance) queue(b *pgx.Batch) {
	q := b.Queue(e.sql, e.args...)
	if e.belief != nil {
		q.Exec(func(pgconn.CommandTag) error {
			e.belief.Prove()
			return nil
		})
	}
}
