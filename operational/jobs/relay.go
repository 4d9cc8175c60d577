package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/sharepartner/sharepartner/operational/postgres"
)

const (
	relayEvery = 200 * time.Millisecond
	relayBatch = 200
)

const (
	takeSQL = `
select id, org_id, side, event_type, record_id, coalesce(payload->>'membership', '') as membership
from crm.outbox
where relayed_at is null
order by id
limit $1
for update skip locked`

	relayedSQL = `update crm.outbox set relayed_at = $2 where id = any($1)`
)

type outboxRow struct {
	ID         int64
	OrgID      uuid.UUID
	Side       string
	EventType  string
	RecordID   uuid.UUID
	Membership string
}

// relay moves one batch of events into River and says how many there were.
func (j *Jobs) relay(ctx context.Context) (int, error) {
	var count int
	err := pgx.BeginFunc(ctx, j.db.Login(), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, takeSQL, relayBatch)
		if err != nil {
			return err
		}
		events, err := pgx.CollectRows(rows, pgx.RowToStructByName[outboxRow])
		if err != nil || len(events) == 0 {
			return err
		}
		if inserts := j.inserts(events); len(inserts) > 0 {
			if _, err := j.client.InsertManyTx(ctx, tx, inserts); err != nil {
				return err
			}
		}
		ids := make([]int64, len(events))
		for i, e := range events {
			ids[i] = e.ID
		}
		count = len(events)
		_, err = tx.Exec(ctx, relayedSQL, ids, j.db.Now())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("relay events: %w", postgres.Translate(err))
	}
	return count, nil
}

// inserts are the jobs of the events that somebody works on; the others only leave the outbox.
func (j *Jobs) inserts(events []outboxRow) []river.InsertManyParams {
	var out []river.InsertManyParams
	for _, e := range events {
		worker, known := j.workers[e.EventType]
		if !known {
			continue
		}
		attempts := worker.Attempts
		if attempts == 0 {
			attempts = 5
		}
		membership, _ := uuid.Parse(e.Membership)
		out = append(out, river.InsertManyParams{
			Args: eventArgs{
				Event: e.EventType, Outbox: e.ID, Org: e.OrgID, Side: e.Side, Record: e.RecordID, Membership: membership,
			},
			InsertOpts: &river.InsertOpts{MaxAttempts: attempts},
		})
	}
	return out
}

// relayAlways relays until the context ends: the outbox keeps the events meanwhile.
func (j *Jobs) relayAlways(ctx context.Context) {
	j.always(ctx, "relay events of the outbox", func() (time.Duration, error) {
		count, err := j.relay(ctx)
		if count == relayBatch {
			return 0, err
		}
		return relayEvery, err
	})
}
