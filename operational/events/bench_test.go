package events_test

import (
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// BenchmarkAppend compares a transaction that writes an event into the outbox alone with one that notes it in the audit
// as well, by several writers of one organisation.
func BenchmarkAppend(b *testing.B) {
	const outbox = `insert into crm.outbox (org_id, side, event_type, record_id, payload, created_at) values ($1, $2, 'thing.made', $3, '{}', $4)`
	db := pgtest.New(b)
	channel := db.Plant(b)
	for name, write := range map[string]func(tx *postgres.Tx) error{
		"outbox": func(tx *postgres.Tx) error {
			_, err := tx.Exec(b.Context(), outbox, tx.Actor.Org, string(tx.Actor.Side), uuid.New(), tx.Now)
			return err
		},
		"outbox and audit": func(tx *postgres.Tx) error {
			return events.Append(b.Context(), tx, "thing.made", uuid.New(), nil, "name")
		},
	} {
		b.Run(name, func(b *testing.B) {
			var failed atomic.Bool
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if db.API.InTx(b.Context(), channel.A, write) != nil {
						failed.Store(true)
					}
				}
			})
			require.False(b, failed.Load())
		})
	}
}
