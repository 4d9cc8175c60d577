package events

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const appendSQL = `
insert into crm.outbox (org_id, side, event_type, record_id, payload, created_at)
values ($1, $2, $3, $4, $5, $6)`

var typeForm = regexp.MustCompile(`^[a-z][a-z_]*(\.[a-z][a-z_]*)+$`)

// Append notes that something happened to a record, for whoever works on it and for the audit. Types read
// "object.happened", for example "opportunity.created". The payload holds ids only; nil is an empty one. A member
// connection_id says that the record lies on that connection, for both companies to see that it changed. Fields are
// the names of the fields that changed.
func Append(ctx context.Context, tx *postgres.Tx, eventType string, record uuid.UUID, payload any, fields ...string) error {
	return AppendCounted(ctx, tx, eventType, record, payload, nil, fields...)
}

// AppendCounted is Append with how many of what else it did, for the audit.
func AppendCounted(ctx context.Context, tx *postgres.Tx, eventType string, record uuid.UUID, payload any, counts map[string]int64, fields ...string) error {
	return AppendDecided(ctx, tx, eventType, record, payload, audit.Details{Counts: counts, Fields: fields})
}

// AppendDecided is Append with what was decided, for the audit: who may do what later is asked about long afterwards.
func AppendDecided(ctx context.Context, tx *postgres.Tx, eventType string, record uuid.UUID, payload any, decided audit.Details) error {
	if !typeForm.MatchString(eventType) {
		return fmt.Errorf("event type %q does not read object.happened", eventType)
	}
	text := []byte("{}")
	if payload != nil {
		var err error
		if text, err = json.Marshal(payload); err != nil {
			return fmt.Errorf("write payload of %s: %w", eventType, err)
		}
	}
	noted := audit.Record{Action: eventType, ID: record, Details: decided}
	ids := idsOf(text)
	noted.Connection = ids["connection_id"]
	delete(ids, "connection_id")
	maps.Copy(ids, decided.IDs)
	noted.IDs = ids
	b := &pgx.Batch{}
	b.Queue(appendSQL, tx.Actor.Org, string(tx.Actor.Side), eventType, record, string(text), tx.Now)
	if err := audit.Queue(ctx, b, tx.Actor, tx.Now, noted); err != nil {
		return err
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("append event %s of %s: %w", eventType, record, err)
	}
	return nil
}

// idsOf are the ids of a payload by name. Nothing else of it gets into the audit, which is never rewritten.
func idsOf(payload []byte) map[string]uuid.UUID {
	ids := map[string]uuid.UUID{}
	var members map[string]any
	if json.Unmarshal(payload, &members) != nil {
		return ids
	}
	for name, value := range members {
		text, _ := value.(string)
		if id, err := uuid.Parse(text); err == nil && id != uuid.Nil {
			ids[name] = id
		}
	}
	return ids
}
