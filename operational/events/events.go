package events

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational/postgres"
)

const appendSQL = `
insert into crm.outbox (org_id, side, event_type, record_id, payload, created_at)
values ($1, $2, $3, $4, $5, $6)`

var typeForm = regexp.MustCompile(`^[a-z][a-z_]*(\.[a-z][a-z_]*)+$`)

// Append notes that something happened to a record. Types read "object.happened", for example
// "opportunity.created". The payload holds ids only; nil is an empty one.
func Append(ctx context.Context, tx *postgres.Tx, eventType string, record uuid.UUID, payload any) error {
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
	_, err := tx.Exec(ctx, appendSQL, tx.Actor.Org, string(tx.Actor.Side), eventType, record, string(text), tx.Now)
	if err != nil {
		return fmt.Errorf("append event %s of %s: %w", eventType, record, err)
	}
	return nil
}
